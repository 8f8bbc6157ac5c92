/*
 * From when on a change of MX records is over, as the observations of a domain
 * tell it; and the file that keeps them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns/safeafter.h"

#define HOUR 3600

/* A story is a line for each observation, "HOUR NS NS-TTL [SERVER=SET/TTL]...",
 * with "?" for what was not answered. */
struct story {
	struct arena *arena;
	struct observation list[32];
	size_t count;
};

static const char *keep(struct arena *arena, const char *text, size_t len)
{
	const char *copy = arena_copy(arena, text, len);

	assert_non_null(copy);
	return copy;
}

static void read_server(struct story *story, const char *word,
	struct observation_server *server)
{
	const char *set = strchr(word, '=') + 1;
	const char *slash = strchr(set, '/');

	server->address = keep(story->arena, word, (size_t)(set - 1 - word));
	server->set =
		slash ? keep(story->arena, set, (size_t)(slash - set)) : NULL;
	server->ttl = slash ? (uint32_t)strtoul(slash + 1, NULL, 10) : 0;
}

static void tell(struct story *story, const char *text)
{
	char *copy = strdup(text);
	char *lines;
	char *words;

	*story = (struct story){ .arena = arena_open((size_t)1 << 20) };
	assert_non_null(story->arena);
	assert_non_null(copy);
	for (char *line = strtok_r(copy, "\n", &lines); line;
		line = strtok_r(NULL, "\n", &lines)) {
		struct observation *now = &story->list[story->count++];
		struct observation_server *servers = calloc(8, sizeof *servers);
		char *word = strtok_r(line, " ", &words);

		assert_non_null(servers);
		now->time = strtol(word, NULL, 10) * HOUR;
		word = strtok_r(NULL, " ", &words);
		now->ns = strcmp(word, "?")
				  ? keep(story->arena, word, strlen(word))
				  : NULL;
		now->ns_ttl = (uint32_t)strtoul(
			strtok_r(NULL, " ", &words), NULL, 10);
		while ((word = strtok_r(NULL, " ", &words)))
			read_server(story, word, &servers[now->count++]);
		now->servers = servers;
	}
	free(copy);
}

static void forget(struct story *story)
{
	for (size_t i = 0; i < story->count; i++)
		free((void *)(uintptr_t)story->list[i].servers);
	arena_close(story->arena);
}

/* Times in hours. 86400 s are 24 hours. */
static const struct {
	const char *what;
	const char *story;
	enum safeafter_state state;
	int64_t hour;
	const char *server;
} stories[] = {
	{ "never seen another set", "10 ns 3600 a=new/3600\n",
		SAFEAFTER_UNKNOWN, 10 + 72, NULL },
	{ "72 hours count from the first observation",
		"10 ns 3600 a=new/3600\n50 ns 3600 a=new/3600\n",
		SAFEAFTER_UNKNOWN, 10 + 72, NULL },
	{ "changed, and the TTL was never lowered",
		"10 ns 3600 a=old/86400\n20 ns 3600 a=new/300\n",
		SAFEAFTER_KNOWN, 20 + 24, NULL },
	{ "the TTL was lowered in time: the short one counts",
		"10 ns 3600 a=old/86400\n20 ns 3600 a=old/3600\n"
		"60 ns 3600 a=new/3600\n",
		SAFEAFTER_KNOWN, 60 + 1, NULL },
	{ "the TTL was lowered too late: the long one counts",
		"10 ns 3600 a=old/86400\n20 ns 3600 a=old/3600\n"
		"25 ns 3600 a=new/3600\n",
		SAFEAFTER_KNOWN, 20 + 24, NULL },
	{ "the first later observation counts, not the last",
		"10 ns 3600 a=old/86400\n20 ns 3600 a=new/300\n"
		"30 ns 3600 a=new/300\n90 ns 3600 a=new/300\n",
		SAFEAFTER_KNOWN, 20 + 24, NULL },
	{ "the set came back for a while",
		"10 ns 3600 a=old/3600\n20 ns 3600 a=new/300\n"
		"30 ns 3600 a=old/3600\n40 ns 3600 a=new/300\n",
		SAFEAFTER_KNOWN, 40 + 1, NULL },
	{ "another TTL of the set of now does not matter",
		"10 ns 3600 a=new/86400\n20 ns 3600 a=old/3600\n"
		"30 ns 3600 a=new/300\n",
		SAFEAFTER_KNOWN, 30 + 1, NULL },
	{ "the last server counts",
		"10 ns 3600 a=old/3600 b=old/3600\n"
		"20 ns 3600 a=new/300 b=old/3600\n"
		"30 ns 3600 a=new/300 b=new/300\n",
		SAFEAFTER_KNOWN, 30 + 1, NULL },
	{ "servers disagree now",
		"10 ns 3600 a=old/3600 b=old/3600\n"
		"20 ns 3600 a=new/300 b=old/3600\n",
		SAFEAFTER_SPREADING, 0, "b" },
	{ "a server has not answered since",
		"10 ns 3600 a=old/3600 b=old/3600\n"
		"20 ns 3600 a=new/300 b=?\n",
		SAFEAFTER_SPREADING, 0, "b" },
	{ "a server answers later",
		"10 ns 3600 a=old/3600 b=old/3600\n"
		"20 ns 3600 a=new/300 b=?\n30 ns 3600 a=new/300 b=new/300\n",
		SAFEAFTER_KNOWN, 30 + 1, NULL },
	{ "a server is silent now, but answered since",
		"10 ns 3600 a=old/3600 b=old/3600\n"
		"20 ns 3600 a=new/300 b=new/300\n30 ns 3600 a=new/300 b=?\n",
		SAFEAFTER_KNOWN, 20 + 1, NULL },
	{ "two former sets: the latest time counts",
		"10 ns 3600 a=older/172800\n20 ns 3600 a=old/3600\n"
		"30 ns 3600 a=new/300\n",
		SAFEAFTER_KNOWN, 20 + 48, NULL },
	{ "other name servers, the same set: caches may ask the former ones",
		"10 x 86400 a=new/300\n20 y 86400 b=new/300\n",
		SAFEAFTER_UNKNOWN, 10 + 72, NULL },
	{ "other name servers that brought the new set: a cache may ask a "
	  "former one just before it forgets it",
		"10 x 86400 a=old/3600\n20 y 3600 b=new/300\n", SAFEAFTER_KNOWN,
		20 + 24 + 1, NULL },
	{ "the former name server had the new set in the end",
		"10 x 86400 a=old/3600\n15 x 86400 a=new/300\n"
		"20 y 3600 b=new/300\n",
		SAFEAFTER_KNOWN, 20 + 24, NULL },
	{ "a question for the name servers that was not answered",
		"10 x 86400 a=old/3600\n20 ? 0 a=new/300\n"
		"30 x 86400 a=new/300\n",
		SAFEAFTER_KNOWN, 20 + 1, NULL },
	{ "no MX record before", "10 x 60 a=-/0\n20 x 60 a=new/300\n",
		SAFEAFTER_KNOWN, 20, NULL },
};

static void test_safeafter(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
		struct story story;
		struct safeafter after;

		tell(&story, stories[i].story);
		safeafter_find(story.list, story.count, &after);
		if (after.state != stories[i].state ||
			(after.state != SAFEAFTER_SPREADING &&
				after.time != stories[i].hour * HOUR))
			fail_msg("%s: found state %d and hour %g, expected %d "
				 "and %g",
				stories[i].what, (int)after.state,
				(double)after.time / HOUR,
				(int)stories[i].state, (double)stories[i].hour);
		if (stories[i].server)
			assert_string_equal(after.server, stories[i].server);
		forget(&story);
	}
}

static const struct {
	const char *what;
	const char *story;
	bool same_set;
	int64_t hour; /* 0: no TTL was lowered */
	uint32_t former;
} lowered[] = {
	{ "never", "10 x 60 a=old/86400\n", false, 0, 0 },
	{ "lowered", "10 x 60 a=old/86400\n20 x 60 a=old/300\n", false, 20 + 24,
		86400 },
	{ "lowered twice: the latest end counts",
		"10 x 60 a=old/86400\n20 x 60 a=old/43200\n"
		"40 x 60 a=old/300\n",
		false, 40 + 12, 43200 },
	{ "raised", "10 x 60 a=old/300\n20 x 60 a=old/86400\n", false, 0, 0 },
	{ "one server is late: it counts from now",
		"10 x 60 a=old/86400 b=old/86400\n"
		"20 x 60 a=old/300 b=old/86400\n",
		false, 20 + 24, 86400 },
	{ "another set does not count for the same one",
		"10 x 60 a=old/86400\n20 x 60 a=new/300\n", true, 0, 0 },
	{ "but it does otherwise", "10 x 60 a=old/86400\n20 x 60 a=new/300\n",
		false, 20 + 24, 86400 },
};

static void test_lowered(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lowered / sizeof *lowered; i++) {
		struct story story;
		uint32_t former;
		int64_t time;

		tell(&story, lowered[i].story);
		time = safeafter_lowered(
			story.list, story.count, lowered[i].same_set, &former);
		if (time != lowered[i].hour * HOUR ||
			former != lowered[i].former)
			fail_msg("%s: found hour %g after a TTL of %u",
				lowered[i].what, (double)time / HOUR, former);
		forget(&story);
	}
}

/* A directory of its own for the file. */
struct place {
	char path[64];
	int fd;
};

static void make_place(struct place *place)
{
	(void)snprintf(
		place->path, sizeof place->path, "/tmp/readdress-dns.XXXXXX");
	assert_non_null(mkdtemp(place->path));
	place->fd = open(place->path, O_RDONLY | O_DIRECTORY);
	assert_true(place->fd >= 0);
}

static void remove_place(struct place *place)
{
	(void)unlinkat(place->fd, OBSERVATION_FILE, 0);
	(void)close(place->fd);
	assert_int_equal(rmdir(place->path), 0);
}

static void write_text(const struct place *place, const char *text)
{
	int fd = openat(place->fd, OBSERVATION_FILE,
		O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static void read_text(const struct place *place, char *text, size_t size)
{
	int fd = openat(place->fd, OBSERVATION_FILE, O_RDONLY);
	ssize_t got;

	assert_true(fd >= 0);
	got = read(fd, text, size - 1);
	assert_true(got >= 0);
	text[got] = '\0';
	(void)close(fd);
}

static void test_file(void **state)
{
	static const char kept[] =
		"a.example 1970-01-01T01:00:00Z 60 ns.a.example,ns.b.example "
		"192.0.2.1 300 10:mx.example 2001:db8::1 0 ?\n"
		"b.example 1970-01-01T01:00:00Z 0 ? 192.0.2.1 0 -\n";
	struct observations *all;
	struct place place;
	struct story story;
	char text[4096];
	struct stat status;
	size_t count;

	(void)state;
	make_place(&place);
	assert_int_equal(
		observations_read(&all, place.fd, place.path, NULL), 0);
	assert_null(observations_of(all, "a.example", &count));
	assert_int_equal(count, 0);
	tell(&story, "1 ns.a.example,ns.b.example 60 "
		     "192.0.2.1=10:mx.example/300 2001:db8::1=?\n"
		     "1 ? 0 192.0.2.1=-/0\n"
		     "2 ? 0 192.0.2.1=?\n");
	assert_int_equal(observations_add(all, "b.example", &story.list[1]), 0);
	assert_int_equal(observations_add(all, "a.example", &story.list[0]), 0);
	/* Nobody answered: there is nothing to keep. */
	assert_int_equal(observations_add(all, "c.example", &story.list[2]), 0);
	assert_int_equal(
		observations_write(all, place.fd, place.path, NULL), 0);
	observations_close(all);
	read_text(&place, text, sizeof text);
	assert_string_equal(text, kept);
	assert_int_equal(fstatat(place.fd, OBSERVATION_FILE, &status, 0), 0);
	assert_int_equal(status.st_mode & 0777, 0640);

	assert_int_equal(
		observations_read(&all, place.fd, place.path, NULL), 0);
	assert_int_equal(
		observations_write(all, place.fd, place.path, NULL), 0);
	observations_close(all);
	read_text(&place, text, sizeof text);
	assert_string_equal(text, kept);
	forget(&story);
	remove_place(&place);
}

static void test_repeated(void **state)
{
	struct observations *all;
	struct story story;
	const struct observation *list;
	size_t count;

	(void)state;
	assert_int_equal(observations_read(&all, -1, "none", NULL), 0);
	tell(&story, "1 x 60 a=old/300\n2 x 60 a=old/300\n3 x 60 a=old/300\n"
		     "4 x 60 a=old/300\n5 x 60 a=new/300\n6 x 60 a=old/300\n");
	for (size_t i = 0; i < story.count; i++)
		assert_int_equal(
			observations_add(all, "a.example", &story.list[i]), 0);
	list = observations_of(all, "a.example", &count);
	assert_int_equal(count, 4);
	assert_int_equal(list[0].time, 1 * HOUR);
	assert_int_equal(list[1].time, 4 * HOUR);
	assert_int_equal(list[2].time, 5 * HOUR);
	assert_int_equal(list[3].time, 6 * HOUR);
	observations_close(all);
	forget(&story);
}

static void test_clock_set_back(void **state)
{
	struct observations *all;
	struct story story;
	const struct observation *list;
	size_t count;

	(void)state;
	assert_int_equal(observations_read(&all, -1, "none", NULL), 0);
	tell(&story, "1 x 60 a=old/300\n9 x 60 a=new/300\n5 x 60 a=old/300\n");
	for (size_t i = 0; i < story.count; i++)
		assert_int_equal(
			observations_add(all, "a.example", &story.list[i]), 0);
	list = observations_of(all, "a.example", &count);
	assert_int_equal(count, 3);
	assert_int_equal(list[0].time, 1 * HOUR);
	assert_int_equal(list[1].time, 5 * HOUR);
	assert_string_equal(list[1].servers[0].set, "new");
	assert_int_equal(list[2].time, 5 * HOUR);
	observations_close(all);
	forget(&story);
}

static void test_many(void **state)
{
	struct observations *all;
	struct story story;
	const struct observation *list;
	size_t count;

	(void)state;
	assert_int_equal(observations_read(&all, -1, "none", NULL), 0);
	tell(&story, "1 x 60 a=old/300\n2 x 60 a=new/300\n");
	for (unsigned i = 0; i < 2 * OBSERVATION_MAX; i++) {
		struct observation *next = &story.list[i % 2];

		next->time = (int64_t)i + 1;
		assert_int_equal(observations_add(all, "a.example", next), 0);
	}
	list = observations_of(all, "a.example", &count);
	assert_int_equal(count, OBSERVATION_MAX);
	assert_int_equal(list[0].time, OBSERVATION_MAX + 1);
	assert_int_equal(list[count - 1].time, 2 * OBSERVATION_MAX);
	observations_close(all);
	forget(&story);
}

static void test_damaged(void **state)
{
	static const char *const texts[] = {
		"a.example\n",
		"a.example 1970-01-01T01:00:00Z\n",
		"a.example yesterday 60 x a 60 y\n",
		"a.example 1970-01-01T01:00:00Z x x a 60 y\n",
		"a.example 1970-01-01T01:00:00Z 60 x a\n",
		"a.example 1970-01-01T01:00:00Z 60 x a 60\n",
		"a.example 1970-01-01T01:00:00Z 60 x a 99999999999 y\n",
		"? 1970-01-01T01:00:00Z 60 x a 60 y\n",
		"\n",
	};
	struct place place;

	(void)state;
	make_place(&place);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct observations *all = NULL;
		struct error error;

		write_text(&place, texts[i]);
		assert_int_equal(
			observations_read(&all, place.fd, place.path, &error),
			ERR_BAD);
		assert_non_null(strstr(error.text,
			"/dns.observed:1: the line is damaged; remove"));
		assert_null(all);
	}
	remove_place(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_safeafter),
		cmocka_unit_test(test_lowered),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What DNS said of the domains whose role is auto: the roles in
 * readdress(1), Routes. */
#include "kit/mapkit.h"
#include "kit/faults.h"

#include "routing/autoroutes.h"

#define DAY   INT64_C(86400)
#define NOW   INT64_C(1795273740)
#define HEAD  "readdress autoroutes 1\n"
#define STATE (kit->dir)

#define B AUTOROUTES_BEST
#define H AUTOROUTES_BEHIND
#define U AUTOROUTES_UNLISTED
#define N AUTOROUTES_NO_ANSWER

struct look {
	enum autoroutes_seen seen;
	bool mailboxes;
	int64_t day;	  /* after NOW */
	const char *role; /* then; "": nothing is known; NULL: the end */
};

/* One story of a domain a line. */
static const struct look stories[][12] = {
	{ { B, false, 0, "relay" }, { B, true, 1, "local" },
		{ H, true, 2, "backup" }, { H, false, 3, "backup" },
		{ B, false, 4, "relay" } },
	/* no answer: as before, however long */
	{ { N, false, 0, "" }, { N, true, 1, "" }, { B, false, 2, "relay" },
		{ N, false, 3, "relay" }, { N, true, 4000, "relay" },
		{ H, false, 4001, "backup" }, { N, false, 4002, "backup" } },
	/* not listed: remote, seven days after it was last seen listed */
	{ { B, false, 0, "relay" }, { U, false, 1, "relay" },
		{ U, false, 6, "relay" }, { U, false, 7, "remote" },
		{ N, false, 8, "remote" }, { U, false, 9, "remote" },
		{ B, false, 10, "relay" }, { U, false, 16, "relay" },
		{ U, false, 17, "remote" } },
	{ { H, false, 0, "backup" }, { U, true, 6, "backup" },
		{ N, false, 8, "backup" }, { U, true, 8, "remote" } },
	{ { B, true, 0, "local" }, { U, false, 3, "local" },
		{ B, true, 5, "local" }, { U, true, 11, "local" },
		{ U, true, 12, "remote" } },
	/* it was never listed */
	{ { U, false, 0, "remote" }, { N, false, 1, "remote" },
		{ H, false, 2, "backup" }, { U, false, 3, "backup" } },
	/* the clock was wrong when it was listed: seven days from now */
	{ { B, false, 4000, "relay" }, { U, false, 0, "relay" },
		{ U, false, 6, "relay" }, { U, false, 7, "remote" } },
	{ { B, false, 4000, "relay" }, { N, false, 0, "relay" },
		{ U, false, 6, "relay" }, { U, false, 7, "remote" } },
};

static void test_judge(void **test)
{
	(void)test;
	for (size_t s = 0; s < sizeof stories / sizeof *stories; s++) {
		struct autoroute known = { .role = ROUTE_NONE };
		bool any = false;

		for (const struct look *look = stories[s]; look->role; look++) {
			struct autoroute new;
			int64_t now = NOW + look->day * DAY;
			bool noted = autoroutes_judge(any ? &known : NULL,
				bytes_of("a.example"), look->seen,
				look->mailboxes, now, &new);

			assert_int_equal(noted, *look->role != '\0');
			if (!noted)
				continue;
			assert_true(
				bytes_equal(new.domain, bytes_of("a.example")));
			if (strcmp(route_role_name(new.role), look->role) != 0)
				fail_msg("%zu, day %d: %s", s, (int)look->day,
					route_role_name(new.role));
			assert_true(new.listed <= now);
			if (look->seen != N)
				assert_int_equal(new.looked, now);
			else
				assert_int_equal(new.looked, known.looked);
			if (look->seen == B || look->seen == H)
				assert_int_equal(new.listed, now);
			known = new;
			any = true;
		}
	}
}

/* One second before the seven days are over, and then. */
static void test_judge_second(void **test)
{
	const struct autoroute old = { bytes_of("a.example"), ROUTE_RELAY, NOW,
		NOW };
	struct autoroute new;

	(void)test;
	assert_true(autoroutes_judge(&old, old.domain, U, false,
		NOW + AUTOROUTES_KEEP_SECONDS - 1, &new));
	assert_int_equal(new.role, ROUTE_RELAY);
	assert_true(autoroutes_judge(&old, old.domain, U, false,
		NOW + AUTOROUTES_KEEP_SECONDS, &new));
	assert_int_equal(new.role, ROUTE_REMOTE);
	assert_int_equal(new.listed, NOW);
}

static struct autoroutes *parse(struct kit *kit, const char *text)
{
	struct autoroutes *parsed = NULL;

	KIT_OK(kit, autoroutes_parse(bytes_of(text), &parsed, &kit->error));
	return parsed;
}

static char *format(const struct autoroutes *autoroutes)
{
	char *text = NULL;
	char *copy;
	size_t len;

	assert_int_equal(autoroutes_format(autoroutes, &text, &len), 0);
	copy = strndup(text, len);
	free(text);
	assert_non_null(copy);
	return copy;
}

static void put(struct autoroutes *autoroutes, const char *domain,
	enum route_role role, int64_t listed)
{
	const struct autoroute one = { bytes_of(domain), role, listed, NOW };

	assert_int_equal(autoroutes_put(autoroutes, &one), 0);
}

/* In any order, and again. */
static void test_collection(void **test)
{
	static const char *const order[] = { "m.example", "a.example",
		"z.example", "b.example", "a.example", "n.example" };
	struct autoroutes *autoroutes = autoroutes_open();
	char *text;

	(void)test;
	assert_non_null(autoroutes);
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		put(autoroutes, order[i], ROUTE_BACKUP, (int64_t)i);
	assert_int_equal(autoroutes_count(autoroutes), 5);
	text = format(autoroutes);
	assert_string_equal(text, HEAD "a.example backup 4 1795273740\n"
				       "b.example backup 3 1795273740\n"
				       "m.example backup 0 1795273740\n"
				       "n.example backup 5 1795273740\n"
				       "z.example backup 2 1795273740\n"
				       "end 5\n");
	assert_int_equal(
		autoroutes_find(autoroutes, bytes_of("n.example"))->listed, 5);
	assert_true(bytes_equal(
		autoroutes_at(autoroutes, 2)->domain, bytes_of("m.example")));
	assert_null(autoroutes_find(autoroutes, bytes_of("o.example")));
	assert_null(autoroutes_find(autoroutes, bytes_of("a.exampl")));
	assert_null(autoroutes_find(autoroutes, bytes_of("")));
	assert_null(autoroutes_find(NULL, bytes_of("a.example")));
	free(text);
	autoroutes_close(autoroutes);
	autoroutes_close(NULL);
}

/* What the file could not hold is not taken. */
static void test_put_refused(void **test)
{
	static const struct autoroute bad[] = {
		{ { "a.example", 9 }, ROUTE_NONE, 0, 0 },
		{ { "a.example", 9 }, ROUTE_AUTO, 0, 0 },
		{ { "a.example", 9 }, ROUTE_HOLD, 0, 0 },
		{ { "", 0 }, ROUTE_RELAY, 0, 0 },
		{ { "A.example", 9 }, ROUTE_RELAY, 0, 0 },
		{ { "a.example.", 10 }, ROUTE_RELAY, 0, 0 },
		{ { "*.example", 9 }, ROUTE_RELAY, 0, 0 },
		{ { "a b.example", 11 }, ROUTE_RELAY, 0, 0 },
		{ { "a\nb.example", 11 }, ROUTE_RELAY, 0, 0 },
		{ { "[192.0.2.1]", 11 }, ROUTE_RELAY, 0, 0 },
		{ { u8"ü.example", 10 }, ROUTE_RELAY, 0, 0 },
		{ { "a.example", 9 }, ROUTE_RELAY, -1, 0 },
		{ { "a.example", 9 }, ROUTE_RELAY, 0, -1 },
		{ { "a.example", 9 }, ROUTE_RELAY, INT64_C(253402300800), 0 },
		{ { "a.example", 9 }, ROUTE_RELAY, 0, INT64_C(253402300800) },
	};
	struct autoroutes *autoroutes = autoroutes_open();

	(void)test;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (autoroutes_put(autoroutes, &bad[i]) != ERR_BAD)
			fail_msg("%zu is taken", i);
	assert_int_equal(autoroutes_count(autoroutes), 0);
	autoroutes_close(autoroutes);
}

static void test_parse(void **test)
{
	struct kit *kit = *test;
	static const char *const good[] = {
		HEAD "end 0\n",
		HEAD "a.example relay 0 0\nend 1\n",
		HEAD "a.example local 1 253402300799\n"
		     "a_b.example backup 5 6\n"
		     "xn--bcher-kva.example remote 7 8\nend 3\n",
	};
	static const struct {
		const char *text;
		unsigned line;
	} bad[] = {
		{ "", 0 },
		{ "end 0\n", 1 },
		{ "readdress autoroutes 2\nend 0\n", 1 },
		{ "readdress autoroutes 1", 0 },
		{ HEAD, 1 },
		{ HEAD "end 0", 0 },
		{ HEAD "end 1\n", 2 },
		{ HEAD "end 00\n", 2 },
		{ HEAD "end 0 \n", 2 },
		{ HEAD "end -0\n", 2 },
		{ HEAD "end \n", 2 },
		{ HEAD "end 0\n\n", 3 },
		{ HEAD "end 0\nend 0\n", 3 },
		{ HEAD "\nend 0\n", 2 },
		{ HEAD "a.example relay 1 2\n", 2 },
		{ HEAD "a.example relay 1 2\nend 0\n", 3 },
		{ HEAD "a.example relay 1\nend 1\n", 2 },
		{ HEAD "a.example relay 1 2 3\nend 1\n", 2 },
		{ HEAD "a.example  relay 1 2\nend 1\n", 2 },
		{ HEAD " a.example relay 1 2\nend 1\n", 2 },
		{ HEAD "a.example relay 01 2\nend 1\n", 2 },
		{ HEAD "a.example relay 1 +2\nend 1\n", 2 },
		{ HEAD "a.example relay -1 2\nend 1\n", 2 },
		{ HEAD "a.example relay 1 253402300800\nend 1\n", 2 },
		{ HEAD "a.example relay 18446744073709551617 2\nend 1\n", 2 },
		{ HEAD "a.example Relay 1 2\nend 1\n", 2 },
		{ HEAD "a.example auto 1 2\nend 1\n", 2 },
		{ HEAD "a.example hold 1 2\nend 1\n", 2 },
		{ HEAD "a.example  1 2\nend 1\n", 2 },
		{ HEAD "A.example relay 1 2\nend 1\n", 2 },
		{ HEAD "*.example relay 1 2\nend 1\n", 2 },
		{ HEAD "a.example relay 1 2\r\nend 1\n", 2 },
		{ HEAD "b.example relay 1 2\na.example relay 1 2\nend 2\n", 3 },
		{ HEAD "a.example relay 1 2\na.example relay 1 2\nend 2\n", 3 },
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct autoroutes *parsed = parse(kit, good[i]);
		char *text = format(parsed);

		assert_string_equal(text, good[i]);
		free(text);
		autoroutes_close(parsed);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct autoroutes *parsed = NULL;
		char line[32];
		size_t len = strlen(bad[i].text);
		char *copy = malloc(len ? len : 1);

		memcpy(copy, bad[i].text, len);
		(void)snprintf(line, sizeof line, "line %u ", bad[i].line);
		KIT_FAILS(kit, ERR_BAD, line,
			autoroutes_parse((struct bytes){ copy, len }, &parsed,
				&kit->error));
		assert_null(parsed);
		free(copy);
	}
}

/* Cut anywhere, the file is refused: what is left is never taken for all. */
static void test_cut(void **test)
{
	struct kit *kit = *test;
	static const char whole[] = HEAD "a.example relay 1 2\n"
					 "b.example remote 3 4\nend 2\n";

	for (size_t len = 0; len < sizeof whole - 1; len++) {
		struct autoroutes *parsed = NULL;

		KIT_FAILS(kit, ERR_BAD, "",
			autoroutes_parse((struct bytes){ whole, len }, &parsed,
				&kit->error));
	}
}

static const char *file(struct kit *kit)
{
	return kit_path(kit, AUTOROUTES_FILE);
}

static void test_file(void **test)
{
	struct kit *kit = *test;
	struct autoroutes *autoroutes = autoroutes_open();
	struct autoroutes *again = NULL;
	struct stat status = { .st_ino = 0 };
	struct stat other;
	char *text;

	KIT_FAILS(kit, ERR_NOENT, "autoroutes",
		autoroutes_read(STATE, &again, &status, &kit->error));
	assert_false(autoroutes_changed(STATE, &status));
	put(autoroutes, "a.example", ROUTE_RELAY, 7);
	KIT_OK(kit, autoroutes_write(STATE, autoroutes, &kit->error));
	assert_int_equal(kit_mode(file(kit)), 0640);
	assert_true(autoroutes_changed(STATE, &status));
	KIT_OK(kit, autoroutes_read(STATE, &again, &status, &kit->error));
	assert_false(autoroutes_changed(STATE, &status));
	assert_int_equal(autoroutes_count(again), 1);
	autoroutes_close(again);
	put(autoroutes, "a.example", ROUTE_LOCAL, 7);
	KIT_OK(kit, autoroutes_write(STATE, autoroutes, &kit->error));
	assert_true(autoroutes_changed(STATE, &status));
	text = kit_read(file(kit), NULL);
	assert_string_equal(text, HEAD "a.example local 7 1795273740\nend 1\n");
	free(text);
	KIT_OK(kit, autoroutes_read(STATE, &again, NULL, &kit->error));
	autoroutes_close(again);
	other = status;
	assert_int_equal(unlink(file(kit)), 0);
	assert_true(autoroutes_changed(STATE, &other));
	assert_true(autoroutes_changed(kit_path(kit, "none"), &other));
	KIT_FAILS(kit, ERR_NOENT, "none",
		autoroutes_write(
			kit_path(kit, "none"), autoroutes, &kit->error));
	KIT_FAILS(kit, ERR_NOENT, "none",
		autoroutes_read(
			kit_path(kit, "none"), &again, NULL, &kit->error));
	autoroutes_close(autoroutes);
}

/* Files that are not ours are refused, and named with what mends them. */
static void test_hostile_file(void **test)
{
	struct kit *kit = *test;
	struct autoroutes *read = NULL;
	char *zeros = calloc(1, AUTOROUTES_MAX + 1);

	kit_write(file(kit), "x\n", 2);
	KIT_FAILS(kit, ERR_BAD, "delete it and run readdress dns --auto",
		autoroutes_read(STATE, &read, NULL, &kit->error));
	kit_write(file(kit), zeros, AUTOROUTES_MAX + 1);
	KIT_FAILS(kit, ERR_BAD, "is longer than",
		autoroutes_read(STATE, &read, NULL, &kit->error));
	free(zeros);
	kit_remove(file(kit));
	kit_write(
		kit_path(kit, "other"), HEAD "end 0\n", strlen(HEAD "end 0\n"));
	assert_int_equal(symlink(kit_path(kit, "other"), file(kit)), 0);
	KIT_FAILS(kit, ERR_BAD, "autoroutes",
		autoroutes_read(STATE, &read, NULL, &kit->error));
	kit_remove(file(kit));
	assert_int_equal(mkfifo(file(kit), 0600), 0);
	KIT_FAILS(kit, ERR_BAD, "autoroutes",
		autoroutes_read(STATE, &read, NULL, &kit->error));
	kit_remove(file(kit));
	assert_int_equal(mkdir(file(kit), 0700), 0);
	KIT_FAILS(kit, ERR_BAD, "autoroutes",
		autoroutes_read(STATE, &read, NULL, &kit->error));
	assert_null(read);
}

/* Each call that writes fails in turn: the old file stays, or the new one is
 * there, and a second attempt succeeds. */
static void test_faults(void **test)
{
	struct kit *kit = *test;
	struct autoroutes *old = parse(kit, HEAD "end 0\n");
	struct autoroutes *new =
		parse(kit, HEAD "a.example relay 1 2\nend 1\n");
	unsigned n = 0;
	const char *failed;

	do {
		struct autoroutes *read = NULL;
		int result;

		KIT_OK(kit, autoroutes_write(STATE, old, &kit->error));
		faults_arm(n++, 1, EIO);
		result = autoroutes_write(STATE, new, &kit->error);
		failed = faults_disarm();
		assert_true(!result == !failed);
		KIT_OK(kit, autoroutes_read(STATE, &read, NULL, &kit->error));
		if (!failed)
			assert_int_equal(autoroutes_count(read), 1);
		autoroutes_close(read);
		KIT_OK(kit, autoroutes_write(STATE, new, &kit->error));
	} while (failed);
	assert_true(n > 4);
	autoroutes_close(old);
	autoroutes_close(new);
}

/* More than the file may hold. */
static void test_full(void **test)
{
	struct autoroutes *autoroutes = autoroutes_open();
	char name[220];
	int result = 0;
	unsigned count = 0;
	char *text;

	(void)test;
	memset(name, 'a', sizeof name);
	for (size_t i = 50; i < sizeof name; i += 50)
		name[i] = '.';
	while (!result && count < 100000) {
		const struct autoroute one = { { name, sizeof name },
			ROUTE_BACKUP, INT64_C(253402300799),
			INT64_C(253402300799) };
		char digits[8];

		(void)snprintf(digits, sizeof digits, "%06u", count);
		memcpy(name, digits, 6);
		result = autoroutes_put(autoroutes, &one);
		count += !result;
	}
	assert_int_equal(result, ERR_NOMEM);
	assert_int_equal(autoroutes_count(autoroutes), count);
	text = format(autoroutes);
	assert_true(strlen(text) <= AUTOROUTES_MAX);
	assert_true(strlen(text) > AUTOROUTES_MAX / 2);
	free(text);
	autoroutes_close(autoroutes);
}

/* A purge takes the file along. */
static void test_purge(void **test)
{
	struct kit *kit = *test;
	struct autoroutes *autoroutes = parse(kit, HEAD "end 0\n");
	struct state *state = NULL;
	struct state_purged purged;
	char path[KIT_PATH + 20];

	KIT_OK(kit, state_open(&state, &kit->config, true, &kit->error));
	KIT_OK(kit, autoroutes_write(kit->state_dir, autoroutes, &kit->error));
	(void)snprintf(
		path, sizeof path, "%s/%s", kit->state_dir, AUTOROUTES_FILE);
	assert_true(kit_exists(path));
	KIT_OK(kit, state_lock(state, 0, &kit->error));
	KIT_OK(kit, state_purge(state, &purged, &kit->error));
	assert_false(kit_exists(path));
	state_close(state);
	autoroutes_close(autoroutes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_judge_second),
		cmocka_unit_test(test_collection),
		cmocka_unit_test(test_put_refused),
		KIT_TEST(test_parse),
		KIT_TEST(test_cut),
		KIT_TEST(test_file),
		KIT_TEST(test_hostile_file),
		KIT_TEST(test_faults),
		cmocka_unit_test(test_full),
		KIT_TEST(test_purge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

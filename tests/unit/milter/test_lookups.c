/* The look-up service: lookups, lookuppeer and watch, over real sockets. */
#include "kit/testmap.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/clock.h"
#include "lookups.h"
#include "snapshot.h"

#define WAIT                                                                   \
	30000 /* milliseconds that something may take on a slow machine        \
	       */

#define ASK   "29:inbound bob@warmsushi.example,"
#define OTHER "31:inbound chloe@warmsushi.example,"

static struct {
	char dir[64];
	struct sockaddr_un address;
	struct logsink *sink;
	struct snapshot_current current;
	struct metrics metrics;
	struct lookups *lookups;
} service = { .current = { .mutex = PTHREAD_MUTEX_INITIALIZER } };

/* Puts these rules in force; NULL: none are. */
static struct snapshot *serve(const char *rules)
{
	const unsigned char key[LOG_HASH_KEY] = { 1 };
	struct snapshot *snapshot = NULL;

	if (rules)
		assert_int_equal(
			snapshot_make(&snapshot,
				testmap_config("log_target = \"stderr\"\n"),
				testmap_open(rules), key, service.sink),
			0);
	snapshot_put(&service.current, snapshot);
	return snapshot;
}

static void start_service(size_t limit)
{
	struct error error = { .text = "" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	(void)snprintf(service.dir, sizeof service.dir,
		"/tmp/readdress-lookups.XXXXXX");
	assert_non_null(mkdtemp(service.dir));
	memset(&service.metrics, 0, sizeof service.metrics);
	service.address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(service.address.sun_path,
		sizeof service.address.sun_path, "%s/lookup.sock", service.dir);
	assert_int_equal(
		logsink_open(&service.sink, "/nonexistent/log", "test"), 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&service.address,
				 sizeof service.address),
		0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(lookups_start(&service.lookups, fd, limit, service.dir,
				 &service.current, &service.metrics, &error),
		0);
	assert_string_equal(error.text, "");
}

static void stop_service(void)
{
	lookups_stop(service.lookups);
	(void)serve(NULL);
	logsink_close(service.sink);
	(void)unlink(service.address.sun_path);
	assert_int_equal(rmdir(service.dir), 0);
	assert_int_equal(service.metrics.lookup_connections, 0);
}

static int open_client(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&service.address,
				 sizeof service.address),
		0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(
		send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads until the other side waits or is gone for good, and checks what came.
 */
static void hear(int fd, const char *expected)
{
	char got[512] = "";
	size_t len = 0;

	while (len < strlen(expected)) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		ssize_t more;

		if (poll(&ready, 1, WAIT) != 1)
			break;
		more = recv(fd, got + len, strlen(expected) - len, 0);
		if (more <= 0)
			break;
		len += (size_t)more;
	}
	got[len] = '\0';
	assert_string_equal(got, expected);
}

/* True if the service has closed the connection, within that time. */
static bool is_closed(int fd, int milliseconds)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char byte;
	ssize_t got;

	if (poll(&ready, 1, milliseconds) != 1)
		return false;
	got = recv(fd, &byte, 1, 0);
	assert_true(got <= 0);
	return got == 0 || errno == ECONNRESET;
}

static void pause_ms(long milliseconds)
{
	const struct timespec time = { milliseconds / 1000,
		milliseconds % 1000 * 1000000 };

	(void)nanosleep(&time, NULL);
}

static void test_answers(void **state)
{
	const char *whole = ASK OTHER "14:nosuch a@b.exa," ASK;
	const char *answers = "23:OK bob.owen@new.example,9:NOTFOUND ,";
	int one;
	int two;

	(void)state;
	start_service(10);
	(void)serve("in bob@warmsushi.example;bob.owen@new.example\n");
	one = open_client();
	two = open_client();
	/* All at once, and byte by byte. */
	say(one, ASK OTHER);
	hear(one, answers);
	for (const char *c = ASK OTHER; *c; c++) {
		const char byte[] = { *c, '\0' };

		say(two, byte);
	}
	hear(two, answers);
	/* What was asked before the end is answered. */
	say(one, whole);
	assert_int_equal(shutdown(one, SHUT_WR), 0);
	hear(one, answers);
	hear(one, "122:TEMP readdress has no such table: expected");
	(void)close(one);
	say(two, ASK);
	hear(two, "23:OK bob.owen@new.example,");
	assert_int_equal(service.metrics.lookups[5][ANSWER_OK], 5);
	assert_int_equal(service.metrics.lookups[5][ANSWER_NOTFOUND], 3);
	assert_int_equal(service.metrics.lookups[7][ANSWER_TEMP], 1);
	(void)close(two);
	stop_service();
}

/* Each answer is that of the rules in force, and the old ones do not stay in
 * memory. */
static void test_generations(void **state)
{
	char rules[64];
	char answer[64];
	int client;

	(void)state;
	start_service(10);
	client = open_client();
	say(client, ASK);
	hear(client, "30:TEMP readdress serves no rules,");
	for (int i = 10; i < 60; i++) {
		(void)snprintf(rules, sizeof rules,
			"in @warmsushi.example;g%d@new.example\n", i);
		(void)snprintf(
			answer, sizeof answer, "18:OK g%d@new.example,", i);
		(void)serve(rules);
		say(client, ASK);
		hear(client, answer);
	}
	(void)close(client);
	stop_service();
}

static void test_old_rules_go(void **state)
{
	uint64_t until = clock_ms() + WAIT;
	struct snapshot *old;
	int client;

	(void)state;
	start_service(10);
	old = serve("in @warmsushi.example;a@new.example\n");
	client = open_client();
	say(client, ASK);
	hear(client, "16:OK a@new.example,");
	/* The test's own reference keeps it from being freed; the other one is
	 * that to a retired snapshot. */
	assert_ptr_equal(snapshot_get(&service.current), old);
	(void)serve("in @warmsushi.example;b@new.example\n");
	while (atomic_load(&old->references) > 2 && clock_ms() < until)
		pause_ms(10);
	assert_int_equal(atomic_load(&old->references), 2);
	snapshot_drop(old);
	assert_false(snapshot_sweep(&service.current));
	(void)close(client);
	stop_service();
}

/* At the limit the connection that was idle longest goes, never the new one. */
static void test_limit(void **state)
{
	int clients[8];

	(void)state;
	start_service(4);
	(void)serve("in @warmsushi.example;a@new.example\n");
	for (int i = 0; i < 4; i++) {
		clients[i] = open_client();
		say(clients[i], ASK);
		hear(clients[i], "16:OK a@new.example,");
	}
	pause_ms(5);
	say(clients[0], ASK); /* so 1 is idle longest, then 2 */
	hear(clients[0], "16:OK a@new.example,");
	for (int i = 4; i < 6; i++) {
		clients[i] = open_client();
		say(clients[i], ASK);
		hear(clients[i], "16:OK a@new.example,");
	}
	assert_true(is_closed(clients[1], WAIT));
	assert_true(is_closed(clients[2], WAIT));
	for (int i = 0; i < 6; i++) {
		if (i == 1 || i == 2)
			continue;
		say(clients[i], ASK);
		hear(clients[i], "16:OK a@new.example,");
	}
	assert_int_equal(service.metrics.lookup_connections, 4);
	for (int i = 0; i < 6; i++)
		(void)close(clients[i]);
	stop_service();
}

/* Asks until neither side takes anything more. */
static void fill(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	const char *rest = ASK;

	while (poll(&ready, 1, 300) == 1) {
		ssize_t sent = send(
			fd, rest, strlen(rest), MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0)
			rest += sent;
		if (!*rest)
			rest = ASK;
	}
}

/* A client that sends what is no request goes at once. One that stops within a
 * request, one that sends a byte from time to time, and one that does not read
 * go after a while. One that is idle stays. */
static void test_bad_clients(void **state)
{
	static const char *const bad[] = { "hello\n", "-1:a b,", ":a b,",
		"01:a,", "3:a bX", "3:abc,", "999999999:a b,",
		"100001:", "5 :a bcd,", "GET / HTTP/1.0\r\n\r\n" };
	uint64_t begin;
	int half;
	int slow;
	int deaf;
	int idle;

	(void)state;
	start_service(20);
	(void)serve("in @warmsushi.example;a@new.example\n");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int client = open_client();

		say(client, ASK);
		hear(client, "16:OK a@new.example,");
		say(client, bad[i]);
		if (!is_closed(client, WAIT))
			fail_msg("still open after %s", bad[i]);
		(void)close(client);
	}
	idle = open_client();
	half = open_client();
	slow = open_client();
	deaf = open_client();
	begin = clock_ms();
	say(half, ASK "29:inbound bob@warm");
	hear(half, "16:OK a@new.example,");
	fill(deaf);
	for (const char *c = ASK; *c && clock_ms() < begin + WAIT; c++) {
		const char byte[] = { *c, '\0' };

		if (send(slow, byte, 1, MSG_NOSIGNAL) < 0)
			break;
		pause_ms(400);
		say(idle, ASK);
		hear(idle, "16:OK a@new.example,");
	}
	assert_true(clock_ms() - begin >= LOOKUPS_PATIENCE);
	assert_true(is_closed(slow, 0));
	assert_true(is_closed(half, WAIT));
	while (service.metrics.lookup_connections > 1 &&
		clock_ms() < begin + WAIT)
		pause_ms(10);
	assert_int_equal(service.metrics.lookup_connections, 1);
	say(idle, ASK);
	hear(idle, "16:OK a@new.example,");
	(void)close(idle);
	(void)close(half);
	(void)close(slow);
	(void)close(deaf);
	stop_service();
}

/* A client that reads slowly gets every answer, in their order. */
static void test_many_at_once(void **state)
{
	static char all[4 << 20];
	const char *answer = "16:OK a@new.example,9:NOTFOUND ,";
	const size_t pairs = 20000;
	size_t asked = 0;
	size_t heard = 0;
	size_t len = strlen(ASK OTHER);
	int client;

	(void)state;
	start_service(10);
	(void)serve("in bob@warmsushi.example;a@new.example\n");
	for (size_t i = 0; i < pairs; i++)
		memcpy(all + i * len, ASK OTHER, len);
	client = open_client();
	while (heard < pairs * strlen(answer)) {
		char got[777];
		ssize_t sent = 0;
		ssize_t more;
		struct pollfd ready = { .fd = client, .events = POLLIN };

		if (asked < pairs * len)
			sent = send(client, all + asked, pairs * len - asked,
				MSG_DONTWAIT | MSG_NOSIGNAL);
		asked += sent > 0 ? (size_t)sent : 0;
		assert_int_equal(poll(&ready, 1, WAIT), 1);
		more = recv(client, got, sizeof got, 0);
		assert_true(more > 0);
		for (ssize_t i = 0; i < more; i++)
			assert_int_equal(got[i],
				answer[(heard + (size_t)i) % strlen(answer)]);
		heard += (size_t)more;
	}
	assert_int_equal(service.metrics.lookups[5][ANSWER_OK], pairs);
	(void)close(client);
	stop_service();
}

/* Starts the service on a port of loopback, and returns a client of it that has
 * little room for answers. */
static int open_inet_client(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof address;
	struct error error = { .text = "" };
	const int room = 8192;
	const struct timeval wait = { WAIT / 1000, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int client = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0 && client >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	assert_int_equal(lookups_start(&service.lookups, fd, 10, service.dir,
				 &service.current, &service.metrics, &error),
		0);
	assert_int_equal(
		setsockopt(client, SOL_SOCKET, SO_RCVBUF, &room, sizeof room),
		0);
	assert_int_equal(
		setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait),
		0);
	assert_int_equal(
		connect(client, (const struct sockaddr *)&address, len), 0);
	return client;
}

/* Answers that are a hundred times longer than their questions, to a client
 * that first asks everything: they are sent in parts, and in their order. */
static void test_long_answers(void **state)
{
	static char rules[8192] = "in bob@warmsushi.example;";
	static char answer[sizeof rules + 32];
	const size_t questions = 8000;
	size_t asked = 0;
	uint64_t answered;
	int client;

	(void)state;
	for (int i = 0; i < 150; i++)
		(void)snprintf(rules + strlen(rules),
			sizeof rules - strlen(rules), "%sbob%03d@new.example",
			i ? "," : "", i);
	(void)snprintf(answer, sizeof answer, "%zu:OK %s,",
		3 + strlen(strchr(rules, ';') + 1), strchr(rules, ';') + 1);
	(void)strcat(rules, "\n");
	start_service(10);
	lookups_stop(service.lookups);
	client = open_inet_client();
	(void)serve(rules);
	for (; asked < questions - 100; asked++)
		say(client, ASK);
	/* Until no answer can be sent any more. */
	do {
		answered = service.metrics.lookups[5][ANSWER_OK];
		pause_ms(100);
	} while (service.metrics.lookups[5][ANSWER_OK] != answered);
	assert_true(answered < asked);
	for (size_t heard = 0; heard < questions; heard++) {
		char got[sizeof answer] = "";

		if (asked < questions) {
			say(client, ASK);
			asked++;
		}
		assert_int_equal(recv(client, got, strlen(answer), MSG_WAITALL),
			strlen(answer));
		assert_string_equal(got, answer);
	}
	assert_int_equal(service.metrics.lookups[5][ANSWER_OK], questions);
	(void)close(client);
	stop_service();
}

/* The end of the service answers what has come, and then closes. */
static void test_stop(void **state)
{
	int client;

	(void)state;
	start_service(10);
	(void)serve("in @warmsushi.example;a@new.example\n");
	for (int i = 0; i < 20; i++) {
		client = open_client();
		say(client, ASK);
		hear(client, "16:OK a@new.example,");
		say(client, ASK ASK);
		stop_service();
		hear(client, "16:OK a@new.example,16:OK a@new.example,");
		assert_true(is_closed(client, 0));
		(void)close(client);
		start_service(10);
		(void)serve("in @warmsushi.example;a@new.example\n");
	}
	stop_service();
}

/* Few files may be open: there are fewer connections, and a warning; none is
 * refused. */
static void test_few_descriptors(void **state)
{
	struct error error = { .text = "" };
	struct rlimit before;
	struct rlimit few;
	int clients[40];
	struct lookups *lookups = NULL;
	int fd;

	(void)state;
	start_service(10);
	stop_service();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 168;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(
		logsink_open(&service.sink, "/nonexistent/log", "test"), 0);
	assert_non_null(
		mkdtemp(strcpy(service.dir, "/tmp/readdress-lookups.XXXXXX")));
	(void)snprintf(service.address.sun_path,
		sizeof service.address.sun_path, "%s/lookup.sock", service.dir);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&service.address,
				 sizeof service.address),
		0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(lookups_start(&lookups, fd, 4096, service.dir,
				 &service.current, &service.metrics, &error),
		0);
	service.lookups = lookups;
	assert_non_null(strstr(error.text, "only 20 connections"));
	(void)serve("in @warmsushi.example;a@new.example\n");
	for (size_t i = 0; i < 40; i++) {
		clients[i] = open_client();
		say(clients[i], ASK);
		hear(clients[i], "16:OK a@new.example,");
	}
	assert_int_equal(service.metrics.lookup_connections, 20);
	for (size_t i = 0; i < 40; i++)
		(void)close(clients[i]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	stop_service();
}

/* The process may open no more files: the connection that was idle longest
 * makes room for a new one. */
static void test_no_descriptor(void **state)
{
	struct rlimit before;
	struct rlimit full;
	int clients[4];
	int next;

	(void)state;
	start_service(100);
	(void)serve("in @warmsushi.example;a@new.example\n");
	for (int i = 0; i < 3; i++) {
		clients[i] = open_client();
		say(clients[i], ASK);
		hear(clients[i], "16:OK a@new.example,");
	}
	clients[3] = socket(AF_UNIX, SOCK_STREAM, 0);
	next = dup(clients[3]);
	assert_true(next > clients[3]);
	(void)close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	full = before;
	full.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &full), 0);
	assert_int_equal(
		connect(clients[3], (const struct sockaddr *)&service.address,
			sizeof service.address),
		0);
	say(clients[3], ASK);
	hear(clients[3], "16:OK a@new.example,");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(is_closed(clients[0], WAIT));
	for (int i = 1; i < 4; i++) {
		say(clients[i], ASK);
		hear(clients[i], "16:OK a@new.example,");
	}
	for (int i = 0; i < 4; i++)
		(void)close(clients[i]);
	stop_service();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_old_rules_go),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_bad_clients),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_long_answers),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_few_descriptors),
		cmocka_unit_test(test_no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

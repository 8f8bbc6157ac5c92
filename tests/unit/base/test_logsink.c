#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/logsink.h"

#define MANY	 100000 /* more than any receiver keeps unread */
#define PRIORITY (LOG_MAIL | LOG_INFO)

static char directory[] = "/tmp/readdress-test-logsink-XXXXXX";
static struct sockaddr_un place = { .sun_family = AF_UNIX };

static int make_place(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(
		place.sun_path, sizeof place.sun_path, "%s/log", directory);
	return 0;
}

static int remove_place(void **state)
{
	(void)state;
	(void)unlink(place.sun_path);
	return rmdir(directory);
}

/* A syslogd that reads only when it is told to. */
static int listen_as(int type)
{
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	(void)unlink(place.sun_path);
	assert_int_equal(
		bind(fd, (const struct sockaddr *)&place, sizeof place), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 5), 0);
	return fd;
}

static struct logsink *open_sink(void)
{
	struct logsink *sink = NULL;

	assert_int_equal(logsink_open(&sink, place.sun_path, "name"), 0);
	return sink;
}

static void say(struct logsink *sink, enum log_target target, const char *line)
{
	logsink_line(sink, target, PRIORITY, line, strlen(line));
}

/* Sends until the receiver accepts no more; returns how many it accepted. */
static uint64_t fill(struct logsink *sink, enum log_target target)
{
	uint64_t before = logsink_dropped(sink);
	uint64_t count = 0;

	for (; count < MANY && logsink_dropped(sink) == before; count++)
		say(sink, target, "a line");
	assert_true(count < MANY);
	return count - 1;
}

/* Returns the text of the next record, after "<PRI>Mmm dd hh:mm:ss name[PID]:
 * ". */
static bool read_record(int fd, char *text, size_t size)
{
	char record[LOGSINK_LINE + 256];
	char head[64];
	const char *at;
	ssize_t got = recv(fd, record, sizeof record - 1, MSG_DONTWAIT);

	if (got < 0)
		return false;
	record[got] = '\0';
	(void)snprintf(head, sizeof head, " name[%ld]: ", (long)getpid());
	at = strstr(record, head);
	assert_non_null(at);
	assert_int_equal(record[0], '<');
	/* "<22>Nov  9 08:00:00" */
	assert_int_equal(at - strchr(record, '>'), 16);
	assert_true(isupper((unsigned char)at[-15]));
	assert_int_equal(at[-3], ':');
	(void)snprintf(text, size, "%s", at + strlen(head));
	return true;
}

static void assert_record(int fd, const char *text)
{
	char found[LOGSINK_LINE + 256];

	assert_true(read_record(fd, found, sizeof found));
	assert_string_equal(found, text);
}

static size_t drain(int fd)
{
	char text[64];
	size_t count = 0;

	while (read_record(fd, text, sizeof text)) {
		assert_string_equal(text, "a line");
		count++;
	}
	return count;
}

static void test_record(void **state)
{
	struct logsink *sink = open_sink();
	int receiver = listen_as(SOCK_DGRAM);
	char record[256];
	ssize_t got;

	(void)state;
	say(sink, LOG_TARGET_SYSLOG, "hello");
	got = recv(receiver, record, sizeof record, MSG_DONTWAIT | MSG_PEEK);
	assert_true(got > 4);
	assert_memory_equal(record, "<22>", 4);
	assert_record(receiver, "hello");
	logsink_line(sink, LOG_TARGET_SYSLOG, LOG_MAIL | LOG_ERR, "bad", 3);
	got = recv(receiver, record, sizeof record, MSG_DONTWAIT);
	assert_true(got > 4);
	assert_memory_equal(record, "<19>", 4);
	assert_int_equal(logsink_dropped(sink), 0);
	logsink_close(sink);
	(void)close(receiver);
}

static void test_unread(void **state)
{
	struct logsink *sink = open_sink();
	int receiver = listen_as(SOCK_DGRAM);
	uint64_t taken = fill(sink, LOG_TARGET_SYSLOG);

	(void)state;
	assert_true(taken > 0);
	say(sink, LOG_TARGET_SYSLOG, "lost");
	say(sink, LOG_TARGET_SYSLOG, "lost");
	assert_int_equal(logsink_dropped(sink), 3);
	assert_int_equal(drain(receiver), taken);
	say(sink, LOG_TARGET_SYSLOG, "back");
	assert_record(receiver,
		"3 log lines were dropped: syslog accepted no more lines");
	assert_record(receiver, "back");
	say(sink, LOG_TARGET_SYSLOG, "again");
	assert_record(receiver, "again");
	assert_int_equal(logsink_dropped(sink), 3);

	/* The number is reported without another line. */
	taken = fill(sink, LOG_TARGET_SYSLOG);
	logsink_catch_up(sink);
	assert_int_equal(drain(receiver), taken);
	logsink_catch_up(sink);
	assert_record(receiver,
		"1 log line was dropped: syslog accepted no more lines");
	logsink_catch_up(sink);
	assert_int_equal(drain(receiver), 0);
	logsink_close(sink);
	(void)close(receiver);
}

static void test_missing(void **state)
{
	struct logsink *sink = open_sink();
	int receiver;

	(void)state;
	(void)unlink(place.sun_path);
	say(sink, LOG_TARGET_SYSLOG, "lost");
	assert_int_equal(logsink_dropped(sink), 1);
	receiver = listen_as(SOCK_DGRAM);
	say(sink, LOG_TARGET_SYSLOG, "there");
	assert_record(receiver,
		"1 log line was dropped: syslog accepted no more lines");
	assert_record(receiver, "there");
	logsink_close(sink);
	(void)close(receiver);
}

/* syslogd is restarted; or another one takes its place while the old socket is
 * still open, and full. */
static void test_replaced(void **state)
{
	struct logsink *sink = open_sink();
	int receiver = listen_as(SOCK_DGRAM);
	int second;

	(void)state;
	say(sink, LOG_TARGET_SYSLOG, "one");
	assert_record(receiver, "one");
	(void)close(receiver);
	receiver = listen_as(SOCK_DGRAM);
	say(sink, LOG_TARGET_SYSLOG, "two");
	assert_record(receiver, "two");
	assert_int_equal(logsink_dropped(sink), 0);

	(void)fill(sink, LOG_TARGET_SYSLOG);
	second = listen_as(SOCK_DGRAM);
	say(sink, LOG_TARGET_SYSLOG, "three");
	assert_record(second,
		"1 log line was dropped: syslog accepted no more lines");
	assert_record(second, "three");
	logsink_close(sink);
	(void)close(receiver);
	(void)close(second);
}

/* Records on a stream end with a NUL, and none is cut in two. */
static void test_stream(void **state)
{
	struct logsink *sink = open_sink();
	int receiver = listen_as(SOCK_STREAM);
	char text[4096];
	size_t records = 0;
	size_t len = 0;
	uint64_t taken;
	ssize_t got;
	int peer;

	(void)state;
	say(sink, LOG_TARGET_SYSLOG, "one");
	peer = accept(receiver, NULL, NULL);
	assert_true(peer >= 0);
	got = recv(peer, text, sizeof text, MSG_DONTWAIT);
	assert_true(got > 4);
	assert_memory_equal(text + got - 4, "one", 4);
	taken = fill(sink, LOG_TARGET_SYSLOG);
	assert_true(taken > 0);
	(void)close(receiver);
	while ((got = recv(peer, text, sizeof text, MSG_DONTWAIT)) > 0)
		for (ssize_t i = 0; i < got; i++) {
			assert_true(len || text[i] == '<');
			len = text[i] ? len + 1 : 0;
			records += !text[i];
		}
	assert_true(records > 0);
	assert_int_equal(len, 0);
	(void)close(peer);
	logsink_close(sink);
}

struct stderr_saved {
	int fd;
};

static struct stderr_saved replace_stderr(int with)
{
	struct stderr_saved saved = { dup(STDERR_FILENO) };

	(void)fflush(stderr);
	assert_true(saved.fd >= 0);
	assert_true(dup2(with, STDERR_FILENO) >= 0);
	return saved;
}

static void restore_stderr(struct stderr_saved saved)
{
	assert_true(dup2(saved.fd, STDERR_FILENO) >= 0);
	(void)close(saved.fd);
}

/* Reads everything that is in a pipe or socket. */
static char *read_all(int fd)
{
	size_t size = 4 << 20;
	char *text = calloc(1, size);
	size_t len = 0;
	ssize_t got;

	assert_non_null(text);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	while ((got = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	return text;
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/* Standard error is the writing end of a pipe, whose other end the test
 * reads. */
static void check_unread(int from, int to)
{
	struct stderr_saved saved = replace_stderr(to);
	struct logsink *sink = open_sink();
	uint64_t taken = fill(sink, LOG_TARGET_STDERR);
	char *text;

	say(sink, LOG_TARGET_STDERR, "lost");
	assert_int_equal(logsink_dropped(sink), 2);
	/* Other writers to the pipe still wait. */
	assert_int_equal(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK, 0);
	text = read_all(from);
	assert_int_equal(count_lines(text), taken);
	free(text);
	say(sink, LOG_TARGET_STDERR, "back");
	text = read_all(from);
	assert_string_equal(text, "2 log lines were dropped: standard error "
				  "accepted no more lines\nback\n");
	free(text);
	logsink_close(sink);
	restore_stderr(saved);
	(void)close(from);
	(void)close(to);
}

static void test_stderr_pipe(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	check_unread(ends[0], ends[1]);
}

static void test_stderr_socket(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	check_unread(ends[0], ends[1]);
}

/* A pipe of another user, which cannot be opened a second time. Here it cannot
 * be, because it has no descriptor. */
static void test_stderr_shared_pipe(void **state)
{
	struct rlimit limit;
	struct rlimit none;
	struct stderr_saved saved;
	struct logsink *sink;
	uint64_t taken;
	char *text;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	saved = replace_stderr(ends[1]);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ 1, limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	sink = open_sink();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	taken = fill(sink, LOG_TARGET_STDERR);
	text = read_all(ends[0]);
	assert_int_equal(count_lines(text), taken);
	free(text);
	logsink_close(sink);
	restore_stderr(saved);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void test_stderr_terminal(void **state)
{
	struct stderr_saved saved;
	struct logsink *sink;
	int terminal;
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	(void)state;
	if (master < 0 || grantpt(master) || unlockpt(master))
		skip();
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(terminal >= 0);
	saved = replace_stderr(terminal);
	sink = open_sink();
	assert_true(fill(sink, LOG_TARGET_STDERR) > 0);
	/* The terminal goes away. */
	(void)close(master);
	say(sink, LOG_TARGET_STDERR, "lost");
	assert_int_equal(logsink_dropped(sink), 2);
	logsink_close(sink);
	restore_stderr(saved);
	(void)close(terminal);
}

static void test_stderr_closed(void **state)
{
	struct stderr_saved saved;
	struct logsink *sink;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	saved = replace_stderr(ends[1]);
	sink = open_sink();
	say(sink, LOG_TARGET_STDERR, "one");
	(void)close(ends[0]);
	say(sink, LOG_TARGET_STDERR, "lost");
	assert_int_equal(logsink_dropped(sink), 1);
	logsink_close(sink);
	restore_stderr(saved);
	(void)close(ends[1]);
}

/* After the daemon has left its terminal, it must not keep it open. */
static void test_stderr_forgotten(void **state)
{
	struct stderr_saved saved;
	struct logsink *sink;
	char text[8];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	saved = replace_stderr(ends[1]);
	(void)close(ends[1]);
	sink = open_sink();
	logsink_forget_stderr(sink);
	restore_stderr(saved);
	assert_int_equal(read(ends[0], text, sizeof text), 0);
	logsink_close(sink);
	(void)close(ends[0]);
}

static void test_full_disk(void **state)
{
	struct stderr_saved saved;
	struct logsink *sink;
	int full = open("/dev/full", O_WRONLY);

	(void)state;
	if (full < 0)
		skip();
	saved = replace_stderr(full);
	sink = open_sink();
	say(sink, LOG_TARGET_STDERR, "lost");
	say(sink, LOG_TARGET_STDERR, "lost");
	assert_int_equal(logsink_dropped(sink), 2);
	logsink_close(sink);
	restore_stderr(saved);
	(void)close(full);
}

/* The disk becomes full in the middle of a line; the next line that fits begins
 * on a line of its own. */
static void test_torn_line(void **state)
{
	struct rlimit limit;
	struct rlimit small;
	struct stderr_saved saved;
	struct logsink *sink;
	char text[256] = "";
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = (struct rlimit){ 8, limit.rlim_max };
	saved = replace_stderr(fileno(file));
	sink = open_sink();
	say(sink, LOG_TARGET_STDERR, "one");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	say(sink, LOG_TARGET_STDERR, "a longer line");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	say(sink, LOG_TARGET_STDERR, "three");
	logsink_close(sink);
	restore_stderr(saved);
	assert_true(pread(fileno(file), text, sizeof text - 1, 0) > 0);
	assert_string_equal(text, "one\na lo\n1 log line was dropped: standard "
				  "error accepted no more lines\nthree\n");
	(void)fclose(file);
}

static void *write_lines(void *context)
{
	for (int i = 0; i < 2000; i++)
		say(context, LOG_TARGET_SYSLOG, "a line");
	return NULL;
}

/* Each line that did not arrive was counted, whatever the order. */
static void test_threads(void **state)
{
	struct logsink *sink = open_sink();
	int receiver = listen_as(SOCK_DGRAM);
	pthread_t threads[4];
	uint64_t arrived = 0;
	char text[128];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, write_lines, sink),
			0);
	for (int i = 0; i < 2000; i++)
		if (read_record(receiver, text, sizeof text))
			arrived += !strcmp(text, "a line");
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	while (read_record(receiver, text, sizeof text))
		arrived += !strcmp(text, "a line");
	assert_int_equal(arrived + logsink_dropped(sink), 8000);
	logsink_close(sink);
	(void)close(receiver);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_stderr_pipe),
		cmocka_unit_test(test_stderr_socket),
		cmocka_unit_test(test_stderr_shared_pipe),
		cmocka_unit_test(test_stderr_terminal),
		cmocka_unit_test(test_stderr_closed),
		cmocka_unit_test(test_stderr_forgotten),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_torn_line),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, make_place, remove_place);
}

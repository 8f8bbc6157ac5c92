#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

static void test_escape(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *out;
	} tests[] = {
		{ "", 0, "" },
		{ "bob@a.com", 9, "bob@a.com" },
		{ "\"a b\"~", 6, "\"a b\"~" },
		{ "a\r\nb\t", 5, "a\\x0D\\x0Ab\\x09" },
		{ "<a>", 3, "\\x3Ca\\x3E" },
		{ "\\", 1, "\\x5C" },
		{ "\0", 1, "\\x00" },
		{ "\x7f\x80\xc3\xa4\xff", 5, "\\x7F\\x80\\xC3\\xA4\\xFF" },
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		struct bytes text = { tests[i].text, tests[i].len };

		assert_int_equal(log_escape(text, out, sizeof out),
			strlen(tests[i].out));
		assert_string_equal(out, tests[i].out);
	}
}

/* Each byte at each place among plain ones, since eight are looked at together.
 */
static void test_each_byte(void **state)
{
	(void)state;
	for (size_t len = 1; len <= 20; len++)
		for (unsigned byte = 0; byte < 256 * len; byte++) {
			unsigned char c = (unsigned char)(byte / len);
			bool plain = c >= ' ' && c <= '~' && c != '\\' &&
				     c != '<' && c != '>';
			char *text = malloc(len);
			char out[64];
			char expected[64] = "";
			size_t used = byte % len;

			assert_non_null(text);
			memset(text, 'x', len);
			memset(expected, 'x', used);
			text[used] = (char)c;
			used += (size_t)snprintf(expected + used, 8,
				plain ? "%c" : "\\x%02X", c);
			memset(expected + used, 'x', len - byte % len - 1);
			used += len - byte % len - 1;
			assert_int_equal(log_escape((struct bytes){ text, len },
						 out, sizeof out),
				used);
			assert_memory_equal(out, expected, used);
			assert_int_equal(out[used], 0);
			free(text);
		}
}

/* Whatever the size, as many whole bytes and escapes are kept as fit. */
static void test_each_size(void **state)
{
	static const char text[] = "0123456789abcdef<0123456789abcdef";
	static const char all[] = "0123456789abcdef\\x3C0123456789abcdef";

	(void)state;
	for (size_t size = 1; size <= sizeof all; size++) {
		char *out = malloc(size);
		size_t most = size > 16 && size <= 20 ? 16 : size - 1;

		assert_non_null(out);
		assert_int_equal(log_escape(bytes_of(text), out, size), most);
		assert_memory_equal(out, all, most);
		assert_int_equal(out[most], 0);
		free(out);
	}
}

/* No size is exceeded, and no escape is cut in two. */
static void test_escape_cut(void **state)
{
	(void)state;
	for (size_t size = 0; size < 12; size++) {
		char *out = malloc(size + 1);
		size_t len;

		assert_non_null(out);
		out[size] = 'Z';
		len = log_escape(bytes_of("a\nb\nc"), out, size);
		assert_int_equal(out[size], 'Z');
		if (size) {
			assert_true(len < size);
			assert_memory_equal(out, "a\\x0Ab\\x0Ac", len);
			assert_int_equal(out[len], 0);
			assert_true(len != 2 && len != 3 && len != 4);
		}
		free(out);
	}
}

struct capture {
	int saved;
	FILE *file;
};

static void capture_begin(struct capture *capture)
{
	capture->file = tmpfile();
	assert_non_null(capture->file);
	(void)fflush(stderr);
	capture->saved = dup(STDERR_FILENO);
	assert_true(capture->saved >= 0);
	/* for appending, as several writers share a file */
	assert_int_equal(fcntl(fileno(capture->file), F_SETFL, O_APPEND), 0);
	assert_true(dup2(fileno(capture->file), STDERR_FILENO) >= 0);
}

/* Opens a log for the current standard error. */
static struct logsink *open_sink(void)
{
	struct logsink *sink = NULL;

	assert_int_equal(logsink_open(&sink, "/nonexistent/log", "test"), 0);
	return sink;
}

static char *capture_end(struct capture *capture)
{
	char *text;
	long len;

	assert_true(dup2(capture->saved, STDERR_FILENO) >= 0);
	(void)close(capture->saved);
	assert_int_equal(fseek(capture->file, 0, SEEK_END), 0);
	len = ftell(capture->file);
	assert_true(len >= 0);
	rewind(capture->file);
	text = calloc(1, (size_t)len + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)len, capture->file), len);
	(void)fclose(capture->file);
	return text;
}

/* A line of any text stays one line. */
static void test_each_control_character(void **state)
{
	struct log log = { .target = LOG_TARGET_STDERR,
		.level = LOG_LEVEL_INFO };
	struct capture capture;
	char expected[20 * 256 + 1];
	size_t used = 0;
	char *text;

	(void)state;
	capture_begin(&capture);
	log.sink = open_sink();
	for (unsigned c = 0; c < 256; c++) {
		char line[19];

		memset(line, 'x', sizeof line);
		line[c % sizeof line] = (char)c;
		log_text(&log, LOG_LEVEL_INFO,
			(struct bytes){ line, sizeof line });
		if (c < ' ' || c == 0x7f)
			line[c % sizeof line] = '?';
		memcpy(expected + used, line, sizeof line);
		used += sizeof line;
		expected[used++] = '\n';
	}
	expected[used] = '\0';
	logsink_close(log.sink);
	text = capture_end(&capture);
	assert_string_equal(text, expected);
	free(text);
}

static void test_levels(void **state)
{
	struct log log = { .target = LOG_TARGET_STDERR,
		.level = LOG_LEVEL_INFO };
	struct capture capture;
	char *text;

	(void)state;
	capture_begin(&capture);
	log.sink = open_sink();
	log_line(&log, LOG_LEVEL_ERROR, "error %d", 1);
	log_line(&log, LOG_LEVEL_WARNING, "warning");
	log_line(&log, LOG_LEVEL_INFO, "info\nof\ttwo");
	log_line(&log, LOG_LEVEL_DEBUG, "debug");
	log.level = LOG_LEVEL_ERROR;
	log_line(&log, LOG_LEVEL_WARNING, "warning");
	log_line(&log, LOG_LEVEL_ERROR, "%s", "last");
	logsink_close(log.sink);
	text = capture_end(&capture);
	assert_string_equal(text, "error 1\nwarning\ninfo?of?two\nlast\n");
	free(text);
}

static void test_long_line(void **state)
{
	struct log log = { .target = LOG_TARGET_STDERR,
		.level = LOG_LEVEL_INFO };
	struct capture capture;
	char *text;

	(void)state;
	capture_begin(&capture);
	log.sink = open_sink();
	log_line(&log, LOG_LEVEL_INFO, "%5000d", 1);
	log_line(&log, LOG_LEVEL_INFO, "next");
	logsink_close(log.sink);
	text = capture_end(&capture);
	assert_in_range(strcspn(text, "\n"), 1000, LOGSINK_LINE);
	assert_string_equal(strchr(text, '\n'), "\nnext\n");
	free(text);
}

struct writer {
	struct logsink *sink;
	char letter;
};

static void *write_lines(void *context)
{
	const struct writer *writer = context;
	struct log log = { .sink = writer->sink,
		.target = LOG_TARGET_STDERR,
		.level = LOG_LEVEL_INFO };
	char text[200];

	memset(text, writer->letter, sizeof text - 1);
	text[sizeof text - 1] = '\0';
	for (int i = 0; i < 500; i++)
		log_line(&log, LOG_LEVEL_INFO, "%s", text);
	return NULL;
}

static void test_threads(void **state)
{
	struct writer writers[4];
	struct logsink *sink;
	struct capture capture;
	pthread_t threads[4];
	size_t lines = 0;
	char *text;

	(void)state;
	capture_begin(&capture);
	sink = open_sink();
	for (size_t i = 0; i < 4; i++) {
		writers[i] = (struct writer){ sink, (char)('a' + i) };
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines,
					 &writers[i]),
			0);
	}
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	logsink_close(sink);
	text = capture_end(&capture);
	for (const char *at = text; *at; at += 200, lines++) {
		const char one[2] = { *at, '\0' };

		assert_int_equal(strspn(at, one), 199);
		assert_int_equal(at[199], '\n');
	}
	assert_int_equal(lines, 2000);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_each_byte),
		cmocka_unit_test(test_each_size),
		cmocka_unit_test(test_escape_cut),
		cmocka_unit_test(test_each_control_character),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

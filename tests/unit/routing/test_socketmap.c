/* The protocol of Postfix's look-ups: socketmap_table(5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "routing/socketmap.h"

#define SEEN_MAX 4096

/* What was read: each request as "NAME|KEY;", then "more" if a request is not
 * complete, or "bad". */
static void read_all(
	const char *data, size_t len, size_t step, char seen[SEEN_MAX])
{
	static struct socketmap_reader reader;
	struct socketmap_request request;
	size_t used = 0;
	int result = 0;

	memset(&reader, 0, sizeof reader);
	seen[0] = '\0';
	for (size_t at = 0; result >= 0 && at < len; at += step) {
		size_t part = len - at < step ? len - at : step;
		char *copy = malloc(part);
		struct bytes input = { copy, part };

		assert_non_null(copy);
		memcpy(copy, data + at, part);
		while ((result = socketmap_read(&reader, &input, &request)) ==
			1)
			used += (size_t)snprintf(seen + used, SEEN_MAX - used,
				"%.*s|%.*s;", (int)request.name.len,
				request.name.data, (int)request.key.len,
				request.key.data);
		assert_true(result == ERR_BAD || !input.len);
		free(copy);
	}
	(void)snprintf(seen + used, SEEN_MAX - used, "%s",
		result < 0		   ? "bad"
		: socketmap_began(&reader) ? "more"
					   : "");
}

static const struct {
	const char *data;
	const char *seen;
} cases[] = {
	{ "", "" },
	{ "17:domains a.example,", "domains|a.example;" },
	{ "9:domains *,10:transport ,", "domains|*;transport|;" },
	{ "3:a b,3:c d,", "a|b;c|d;" },
	/* the first space ends the name */
	{ "5:a b c,", "a|b c;" },
	{ "3:a  ,", "a| ;" },
	{ "2:a ,", "a|;" },
	{ "2: a,", "|a;" },
	{ "1: ,", "|;" },
	{ "7:a b,3:c,", "a|b,3:c;" },
	/* not complete */
	{ "1", "more" },
	{ "17", "more" },
	{ "17:", "more" },
	{ "17:domains a.example", "more" },
	{ "3:a b,3:c", "a|b;more" },
	{ "0", "more" },
	/* not a request */
	{ "0:,", "bad" },
	{ "0:x", "bad" },
	{ "00:,", "bad" },
	{ "03:a b,", "bad" },
	{ ":,", "bad" },
	{ " 3:a b,", "bad" },
	{ "3 :a b,", "bad" },
	{ "3:a b;", "bad" },
	{ "3:a bc,", "bad" },
	{ "+3:a b,", "bad" },
	{ "-3:a b,", "bad" },
	{ "3x:a b,", "bad" },
	{ "3:a b,\n3:a b,", "a|b;bad" },
	{ "3:abc,", "bad" },
	{ "GET / HTTP/1.0\r\n", "bad" },
	{ "EHLO x\r\n", "bad" },
	/* the most that may be announced, and one more */
	{ "100000:", "more" },
	{ "100001:", "bad" },
	{ "99999999999999999999999999999:", "bad" },
};

/* However the bytes are divided, the requests are the same. */
static void test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t len = strlen(cases[i].data);
		char seen[SEEN_MAX];

		for (size_t step = 1; step <= len + 1; step++) {
			read_all(cases[i].data, len, step, seen);
			if (strcmp(seen, cases[i].seen) != 0)
				fail_msg("\"%s\" by %zu: %s", cases[i].data,
					step, seen);
		}
	}
}

static void test_nul(void **state)
{
	static const char data[] = "5:a\0 \0b,";
	struct socketmap_reader reader = { .digits = 0 };
	struct socketmap_request request;
	struct bytes input = { data, sizeof data - 1 };

	(void)state;
	assert_int_equal(socketmap_read(&reader, &input, &request), 1);
	assert_int_equal(request.name.len, 2);
	assert_int_equal(request.key.len, 2);
	assert_memory_equal(request.key.data, "\0b", 2);
}

/* What is too long to be kept is read to its end, and its key is too long for
 * any answer but "NOTFOUND". */
static void test_long(void **state)
{
	static struct socketmap_reader reader;
	static const size_t lens[] = { SOCKETMAP_KEPT - 1, SOCKETMAP_KEPT,
		SOCKETMAP_KEPT + 1, SOCKETMAP_REQUEST_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
		char *data = malloc(SOCKETMAP_REQUEST_MAX + 100);
		struct socketmap_request request;
		struct bytes input;
		size_t head;
		size_t kept =
			lens[i] < SOCKETMAP_KEPT ? lens[i] : SOCKETMAP_KEPT;

		assert_non_null(data);
		head = (size_t)sprintf(data, "%zu:recipients ", lens[i]);
		memset(data + head, 'x', lens[i] - 11);
		memcpy(data + head + lens[i] - 11, ",3:a b,", 7);
		input = (struct bytes){ data, head + lens[i] - 11 + 7 };
		assert_int_equal(socketmap_read(&reader, &input, &request), 1);
		assert_true(bytes_equal(request.name, bytes_of("recipients")));
		assert_int_equal(request.key.len, kept - 11);
		assert_true(request.key.len > ADDRESS_TEXT_MAX);
		assert_int_equal(socketmap_read(&reader, &input, &request), 1);
		assert_true(bytes_equal(request.key, bytes_of("b")));
		assert_false(socketmap_began(&reader));
		free(data);
	}
}

/* A name alone, longer than what is kept. */
static void test_long_name(void **state)
{
	static struct socketmap_reader reader;
	static char data[SOCKETMAP_KEPT + 20] = "2058:";
	struct socketmap_request request;
	struct bytes input = { data, 5 + 2058 + 1 };

	(void)state;
	memset(data + 5, 'x', 2058);
	data[5 + 2057] = ' ';
	data[5 + 2058] = ',';
	assert_int_equal(socketmap_read(&reader, &input, &request), ERR_BAD);
}

static void test_format(void **state)
{
	static const struct {
		enum answer_status status;
		const char *text;
		const char *reply;
	} replies[] = {
		{ ANSWER_OK, "relay", "8:OK relay," },
		{ ANSWER_OK, "", "3:OK ," },
		{ ANSWER_NOTFOUND, "", "9:NOTFOUND ," },
		{ ANSWER_TEMP, "no map", "11:TEMP no map," },
	};
	static struct answer answer;
	static char reply[SOCKETMAP_REPLY_MAX];
	static char wanted[ANSWER_MAX + 64];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		answer.status = replies[i].status;
		answer.len = strlen(replies[i].text);
		memcpy(answer.text, replies[i].text, answer.len);
		len = socketmap_format(&answer, reply);
		assert_int_equal(len, strlen(replies[i].reply));
		assert_memory_equal(reply, replies[i].reply, len);
	}
	answer.status = ANSWER_TEMP;
	answer.len = ANSWER_MAX;
	memset(answer.text, 'x', ANSWER_MAX);
	len = socketmap_format(&answer, reply);
	(void)sprintf(wanted, "%d:TEMP %.*s,", ANSWER_MAX + 5, ANSWER_MAX,
		answer.text);
	assert_int_equal(len, strlen(wanted));
	assert_memory_equal(reply, wanted, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

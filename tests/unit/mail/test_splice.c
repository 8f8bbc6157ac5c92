/* splice: each limit is met exactly, passed by one, and not passed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "mail/splice.h"

#define NAME "To"

/* Makes a value of that many bytes in lines of 100, with "\n" or "\r\n" after
 * each line but the last, which may be longer. The caller frees it. */
static char *make_value(size_t len, bool crlf)
{
	char *value = malloc(len + 1);

	assert_non_null(value);
	for (size_t i = 0; i < len; i++) {
		bool near_end = len - i < 150;

		value[i] = i % 100 == 99 && !near_end		? '\n'
			   : i % 100 == 98 && crlf && !near_end ? '\r'
			   : i % 100 == 0			? ' '
								: 'x';
	}
	value[len] = '\0';
	return value;
}

/* Replaces the byte at this place by that many bytes more. Returns the result
 * of splice_apply(); *len is the length of the new value. */
static int grow(const char *value, bool crlf, size_t place, size_t more,
	size_t *len, enum splice_limit *limit)
{
	struct arena *arena = arena_open((size_t)4 << 20);
	struct arena *scratch = arena_open((size_t)4 << 20);
	char *text = malloc(more + 2);
	struct splice_edit edit = { { place, 1 }, { text, more + 1 } };
	struct splice splice = { bytes_of(NAME), bytes_of(value), crlf, &edit,
		1, NULL, 0 };
	struct bytes made = { NULL, 0 };
	int result;

	assert_true(arena && scratch && text);
	memset(text, 'y', more + 1);
	result = splice_apply(&splice, arena, scratch, &made, limit);
	if (result == 1) {
		assert_int_equal(made.len, strlen(value) + more);
		assert_memory_equal(made.data + place, text, more + 1);
		assert_string_equal(
			made.data + place + more + 1, value + place + 1);
	}
	*len = made.len;
	free(text);
	arena_close(scratch);
	arena_close(arena);
	return result;
}

/* The name and the colon count, too. */
static void test_header_limit(void **state)
{
	const size_t most = SPLICE_HEADER_MAX - strlen(NAME) - 1;

	(void)state;
	for (size_t len = most - 20; len <= most + 5; len++) {
		char *value = make_value(len, false);

		for (size_t more = 0; more < 25; more++) {
			enum splice_limit limit;
			size_t got;
			int result = grow(value, false, 5, more, &got, &limit);

			/* what does not grow may be as long as it was */
			assert_int_equal(result, !more || len + more <= most);
			if (!result)
				assert_int_equal(limit, SPLICE_HEADER);
		}
		free(value);
	}
}

/* A line counts without its line break, and the first one with the name. */
static void test_line_limit(void **state)
{
	(void)state;
	for (int crlf = 0; crlf < 2; crlf++) {
		char *value = make_value(1000, crlf);
		size_t content = crlf ? 98 : 99; /* of a line */

		for (int first = 0; first < 2; first++) {
			size_t prefix = first ? strlen(NAME) + 1 : 0;
			size_t room = SPLICE_LINE_MAX - prefix - content;

			for (size_t more = room - 3; more <= room + 3; more++) {
				enum splice_limit limit;
				size_t got;
				int result = grow(value, crlf, first ? 5 : 205,
					more, &got, &limit);

				assert_int_equal(result, more <= room);
				if (!result)
					assert_int_equal(limit, SPLICE_LINE);
			}
		}
		free(value);
	}
}

/* A line that was too long may stay so, but no other may become so. */
static void test_long_before(void **state)
{
	char *value = make_value(3000, false);
	enum splice_limit limit;
	size_t got;

	(void)state;
	memset(value + 300, 'x', 1500);
	assert_int_equal(grow(value, false, 400, 10, &got, &limit), 1);
	assert_int_equal(grow(value, false, 5, 10, &got, &limit), 1);
	assert_int_equal(grow(value, false, 5, 1000, &got, &limit), 0);
	assert_int_equal(grow(value, false, 2005, 1000, &got, &limit), 0);
	free(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_limit),
		cmocka_unit_test(test_line_limit),
		cmocka_unit_test(test_long_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

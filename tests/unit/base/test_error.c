#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "base/error.h"

static void test_set(void **state)
{
	struct error error;

	(void)state;
	assert_int_equal(
		error_set(&error, ERR_BAD, "%s:%d: no", "a", 7), ERR_BAD);
	assert_string_equal(error.text, "a:7: no");
	assert_int_equal(error_set(NULL, ERR_IO, "%s", "x"), ERR_IO);
	assert_int_equal(error_set(&error, 0, "%s", ""), 0);
	assert_string_equal(error.text, "");
}

static void test_controls(void **state)
{
	struct error error;

	(void)state;
	(void)error_set(&error, ERR_BAD, "a\nb\x1b[31m\x7f%s", u8"ä");
	assert_string_equal(error.text, u8"aU+000AbU+001B[31mU+007Fä");
	/* invisible characters, and half a character */
	(void)error_set(&error, ERR_BAD, "\xc2\x80\xc2\x9f\xc2\xa0\xc2");
	assert_string_equal(error.text, "U+0080U+009FU+00A0\\xC2");
}

static void test_cut(void **state)
{
	struct error error;
	char text[3 * ERROR_TEXT_MAX];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	(void)error_set(&error, ERR_BAD, "%s", text);
	assert_in_range(
		strlen(error.text), ERROR_TEXT_MAX - 10, ERROR_TEXT_MAX - 1);
	/* each byte becomes six */
	memset(text, '\n', sizeof text - 1);
	(void)error_set(&error, ERR_BAD, "%s", text);
	assert_in_range(
		strlen(error.text), ERROR_TEXT_MAX - 10, ERROR_TEXT_MAX - 1);
	assert_int_equal(strlen(error.text) % 6, 0);
	errno = ENOENT;
	memset(text, 'y', sizeof text - 1);
	assert_int_equal(error_set_errno(&error, "%s", text), ERR_NOENT);
	assert_non_null(strstr(error.text, "No such file"));
}

static void test_pass(void **state)
{
	struct error error;
	struct error cause;

	(void)state;
	errno = EACCES;
	assert_int_equal(error_set_errno(&cause, "/x"), ERR_PERM);
	assert_int_equal(cause.number, EACCES);
	assert_int_equal(cause.hint, ERROR_HINT_NONE);
	assert_int_equal(
		error_about(&cause, ERR_PERM, ERROR_HINT_STATE_DIR), ERR_PERM);
	assert_int_equal(error_pass(&error, ERR_CREATE, &cause), ERR_CREATE);
	assert_string_equal(error.text, cause.text);
	assert_int_equal(error.number, EACCES);
	assert_int_equal(error.hint, ERROR_HINT_STATE_DIR);
	assert_int_equal(error_pass(NULL, ERR_IO, &cause), ERR_IO);
	/* The next text has nothing of the one before it. */
	(void)error_set(&error, ERR_BAD, "y");
	assert_int_equal(error.number, 0);
	assert_int_equal(error.hint, ERROR_HINT_NONE);
	assert_int_equal(error_about(&error, 7, ERROR_HINT_STATE_DIR), 7);
	assert_int_equal(error.hint, ERROR_HINT_NONE);
	assert_int_equal(
		error_about(NULL, ERR_IO, ERROR_HINT_STATE_DIR), ERR_IO);
}

static void test_append(void **state)
{
	struct error error;
	char text[3 * ERROR_TEXT_MAX];

	(void)state;
	errno = EIO;
	(void)error_set_errno(&error, "/x");
	error_append(&error, "; do %d\n", 7);
	assert_string_equal(error.text, "/x: Input/output error; do 7U+000A");
	assert_int_equal(error.number, EIO);
	error_append(NULL, "%s", "x");
	/* What is added is whole, what it is added to has no half character. */
	for (size_t i = 0; i + 2 < sizeof text; i += 2)
		memcpy(text + i, u8"ä", 3);
	for (size_t more = 1; more <= 2; more++) {
		(void)error_set(&error, ERR_IO, "%s", text);
		error_append(&error, "%.*s", (int)more, "!!");
		assert_int_equal(strlen(error.text) % 2, more % 2);
		assert_in_range(strlen(error.text), ERROR_TEXT_MAX - 4,
			ERROR_TEXT_MAX - 1);
		assert_memory_equal(error.text + strlen(error.text) - more - 2,
			u8"ä!!", more + 2);
	}
	/* Half of it is for each, at least. */
	(void)error_set(&error, ERR_IO, "%s", "z");
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	error_append(&error, "%s", text);
	assert_int_equal(error.text[0], 'z');
	assert_in_range(strlen(error.text), ERROR_TEXT_MAX / 2 - 1,
		ERROR_TEXT_MAX / 2 + 1);
}

static void test_errno(void **state)
{
	static const struct {
		int number;
		int code;
	} tests[] = {
		{ ENOENT, ERR_NOENT },
		{ EACCES, ERR_PERM },
		{ EPERM, ERR_PERM },
		{ EROFS, ERR_PERM },
		{ ENOMEM, ERR_NOMEM },
		{ ENOSPC, ERR_IO },
		{ EIO, ERR_IO },
	};
	struct error error;

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		errno = tests[i].number;
		assert_int_equal(
			error_set_errno(&error, "/x/%d", 1), tests[i].code);
		assert_memory_equal(error.text, "/x/1: ", 6);
		assert_string_equal(error.text + 6, strerror(tests[i].number));
		errno = tests[i].number;
		assert_int_equal(error_set_errno(NULL, "/x"), tests[i].code);
	}
}

static void test_exit_codes(void **state)
{
	static const struct {
		int code;
		int exit;
	} tests[] = {
		{ 0, 0 },
		{ 1, 0 },
		{ ERR_NOTFOUND, 1 },
		{ ERR_USAGE, 64 },
		{ ERR_BAD, 65 },
		{ ERR_NOENT, 66 },
		{ ERR_DOWN, 69 },
		{ ERR_NOMEM, 71 },
		{ ERR_CREATE, 73 },
		{ ERR_IO, 74 },
		{ ERR_BUSY, 75 },
		{ ERR_PERM, 77 },
		{ ERR_CONFIG, 78 },
		{ -1000, 70 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		assert_int_equal(error_exit_code(tests[i].code), tests[i].exit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_controls),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_pass),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

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
	(void)error_set(&error, ERR_BAD, "a\nb\x1b[31m\x7f%s", "\xc3\xa4");
	assert_string_equal(error.text, "aU+000AbU+001B[31mU+007F\xc3\xa4");
	/* what nobody can see, and half a character */
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
	/* every byte becomes six */
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
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

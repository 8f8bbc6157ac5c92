/* Greetings are written, read and found again; nothing else is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/greeting.h"

#define SENDER "readdress-check.0123456789abcdeffedcba9876543210"

static const struct greeting one = { { UINT64_C(0x0123456789abcdef),
	UINT64_C(0xfedcba9876543210) } };

static void test_text(void **state)
{
	static const char *const others[] = { "", "<>", "bob@a.example",
		"<readdress-check.@a.example>",
		"<readdress-check.0123456789abcdef@a.example>",
		"<readdress-check.0123456789abcdeffedcba987654321@a.example>",
		"<readdress-check.0123456789ABCDEFFEDCBA9876543210@a.example>",
		"<" SENDER "0@a.example>", "<" SENDER ">",
		"<x" SENDER "@a.example>" };
	char text[GREETING_TEXT];
	struct greeting read;

	(void)state;
	greeting_format(&one, text);
	assert_string_equal(text, SENDER);
	assert_true(greeting_parse(bytes_of("<" SENDER "@a.example>"), &read));
	assert_memory_equal(&read, &one, sizeof one);
	assert_true(greeting_parse(bytes_of(SENDER "@a.example"), &read));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(greeting_parse(bytes_of(others[i]), &read));
}

static void test_file(void **state)
{
	char dir[] = "/tmp/readdress-greeting-XXXXXX";
	char path[64];
	struct greeting all[GREETING_SLOTS];
	struct error error;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/greetings", dir);
	assert_false(greeting_is_noted(dir, &one));
	for (size_t i = 0; i < GREETING_SLOTS; i++)
		all[i] = (struct greeting){ { i, UINT64_MAX - i } };
	assert_int_equal(greeting_write(dir, all, GREETING_SLOTS, NULL), 0);
	for (size_t i = 0; i < GREETING_SLOTS; i++)
		assert_true(greeting_is_noted(dir, &all[i]));
	assert_false(greeting_is_noted(dir, &one));
	assert_int_equal(greeting_write(dir, &one, 1, NULL), 0);
	assert_true(greeting_is_noted(dir, &one));
	assert_false(greeting_is_noted(dir, &all[0]));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_false(greeting_is_noted(dir, &one));
	assert_int_equal(greeting_write(dir, &one, 1, &error), ERR_NOENT);
	assert_non_null(strstr(error.text, dir));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

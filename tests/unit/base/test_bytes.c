/* bytes_take() and bytes_number() at the front of a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/bytes.h"

static void test_number(void **state)
{
	static const struct {
		const char *text;
		size_t most;
		uint64_t number;
		size_t taken; /* 0: it returns false */
	} cases[] = {
		{ "12", 18, 12, 2 },
		{ "7 and", 18, 7, 1 },
		{ "007", 3, 7, 3 },
		{ "0", 1, 0, 1 },
		{ "0000", 3, 0, 0 }, /* zeros count */
		{ "999999999999999999", 18, 999999999999999999, 18 },
		{ "1000000000000000000", 18, 0, 0 },
		{ "18446744073709551614", SIZE_MAX, UINT64_MAX - 1, 20 },
		{ "18446744073709551615", SIZE_MAX, UINT64_MAX, 20 },
		{ "18446744073709551616", SIZE_MAX, UINT64_MAX, 20 },
		{ "99999999999999999999999", SIZE_MAX, UINT64_MAX, 23 },
		{ "00000000000000000000080", SIZE_MAX, 80, 23 },
		{ "", 18, 0, 0 },
		{ " 1", 18, 0, 0 },
		{ "-1", 18, 0, 0 },
		{ "+1", 18, 0, 0 },
		{ "/1", 18, 0, 0 },
		{ ":1", 18, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t len = strlen(cases[i].text);
		char *block = malloc(
			len +
			!len); /* so that reads beyond the end are found */
		struct bytes rest = { block, len };
		uint64_t number = 4711;
		bool is;

		assert_non_null(block);
		memcpy(block, cases[i].text, len);
		is = bytes_number(&rest, cases[i].most, &number);
		if (is != (cases[i].taken > 0) || number != cases[i].number ||
			rest.data != block + cases[i].taken ||
			rest.len != len - cases[i].taken)
			fail_msg("%s", cases[i].text);
		free(block);
	}
}

static void test_take(void **state)
{
	struct bytes text = { "ab abc", 5 };

	(void)state;
	assert_false(bytes_take(&text, "b"));
	assert_true(bytes_take(&text, ""));
	assert_true(bytes_take(&text, "ab "));
	assert_false(bytes_take(&text, "abc")); /* longer than the text */
	assert_true(bytes_equal(text, bytes_of("ab")));
	assert_true(bytes_take(&text, "ab"));
	assert_int_equal(text.len, 0);
	assert_false(bytes_take(&text, "c"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

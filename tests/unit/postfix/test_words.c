/* Words of lists and lines, as Postfix 3.7 cuts them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "postfix/words.h"

static void test_next(void **state)
{
	static const struct {
		const char *text;
		const char *separators;
		const char *words[4]; /* NULL behind the last */
	} cases[] = {
		{ "", WORDS_OF_LIST, { NULL } },
		{ " ,\t, ", WORDS_OF_LIST, { NULL } },
		{ "a,b  c", WORDS_OF_LIST, { "a", "b", "c" } },
		{ ",a,", WORDS_OF_LIST, { "a" } },
		{ "a,b  c", WORDS_OF_LINE, { "a,b", "c" } },
		{ "inline:{ a=b, {c = d} }, hash:/x", WORDS_OF_LIST,
			{ "inline:{ a=b, {c = d} }", "hash:/x" } },
		{ "{ a b", WORDS_OF_LIST, { "{ a b" } },
		{ "a } b", WORDS_OF_LIST, { "a", "}", "b" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes rest = bytes_of(cases[i].text);
		struct bytes word;
		size_t count = 0;

		for (; words_next(&rest, cases[i].separators, &word); count++) {
			assert_true(count < 4);
			assert_non_null(cases[i].words[count]);
			assert_true(bytes_equal(
				word, bytes_of(cases[i].words[count])));
		}
		assert_true(count == 4 || !cases[i].words[count]);
		assert_false(words_next(&rest, cases[i].separators, &word));
	}
}

static void test_open(void **state)
{
	static const struct {
		const char *word;
		const char *inner; /* NULL: it is not opened */
	} cases[] = {
		{ "a", NULL },
		{ "", NULL },
		{ "{}", "" },
		{ "{", "" },
		{ "{ a = {b} }", "a = {b}" },
		{ "{a, b", "a, b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes word = bytes_of(cases[i].word);
		const char *inner = cases[i].inner;

		assert_int_equal(words_open(&word), inner != NULL);
		assert_true(bytes_equal(
			word, bytes_of(inner ? inner : cases[i].word)));
	}
}

static void test_have(void **state)
{
	struct bytes list = bytes_of("permit_mynetworks, Reject,{ a b }");

	(void)state;
	assert_true(words_have(list, bytes_of("reject")));
	assert_true(words_have(list, bytes_of("{ a b }")));
	assert_false(words_have(list, bytes_of("permit")));
	assert_false(words_have(list, bytes_of("a")));
	assert_false(words_have(list, bytes_of("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

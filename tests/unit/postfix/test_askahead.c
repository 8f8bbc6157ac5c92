/* Answers of tables that were asked for many keys at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "postfix/askahead.h"

static const struct bytes keys[] = { { "*", 1 }, { ".a", 2 }, { "a", 1 },
	{ "b.a", 3 } };

static struct askahead *filled(void)
{
	struct askahead *askahead = askahead_open();

	assert_non_null(askahead);
	/* A table may answer what it was not asked for. */
	assert_int_equal(askahead_put(askahead, bytes_of("hash:/x"), keys, 4,
				 bytes_of("a\tthe value\nb.a\t\nz\tother\n")),
		0);
	assert_int_equal(askahead_put(askahead, bytes_of("hash:/y"), NULL, 0,
				 bytes_of("")),
		0);
	assert_int_equal(askahead_put(askahead, bytes_of("hash:/x"), keys, 1,
				 bytes_of("*\tall\n")),
		0);
	return askahead;
}

static void test_answers(void **state)
{
	static const struct {
		const char *table;
		const char *keys;
		const char *expected; /* NULL: it was not asked */
	} cases[] = {
		{ "hash:/x", "a\n", "a\tthe value\n" },
		{ "hash:/x", "b.a\na\n", "b.a\t\na\tthe value\n" },
		{ "hash:/x", ".a\n*\n", "" },
		{ "hash:/x", "", "" },
		{ "hash:/x", "a\nc\n", NULL },
		{ "hash:/x", "z\n", NULL },
		{ "hash:/x", "A\n", NULL },
		{ "hash:/x", "\n", NULL },
		{ "hash:/y", "a\n", NULL },
		{ "hash:/", "a\n", NULL },
	};
	struct askahead *askahead = filled();
	struct arena *arena = arena_open(1 << 16);

	(void)state;
	assert_non_null(arena);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes answers = { "", 0 };
		int result = askahead_get(askahead, bytes_of(cases[i].table),
			bytes_of(cases[i].keys), arena, &answers);

		assert_int_equal(result, cases[i].expected != NULL);
		if (result == 1)
			assert_true(bytes_equal(
				answers, bytes_of(cases[i].expected)));
	}
	arena_close(arena);
	askahead_close(askahead);
	askahead_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

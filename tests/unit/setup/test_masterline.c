/* One option of a line of master.cf is changed, and nothing else. */
#include "kit/testmap.h"

#include "setup/masterline.h"

static void test_set(void **state)
{
	static const struct {
		const char *line;
		const char *expected;
	} cases[] = {
		{ "smtp inet n - y - - smtpd",
			"smtp inet n - y - - smtpd -o {x=a b}" },
		{ "smtp inet n - y - - smtpd -o x=1 -o y=2",
			"smtp inet n - y - - smtpd -o {x=a b} -o y=2" },
		{ "smtp inet n - y - - smtpd -o y=2 -o {x=1 2}",
			"smtp inet n - y - - smtpd -o y=2 -o {x=a b}" },
		{ "smtp inet n - y - - smtpd -o { x = {1 2} } -o xx=3",
			"smtp inet n - y - - smtpd -o {x=a b} -o xx=3" },
		{ "x inet n - y - - smtpd -v -o xx=x=3",
			"x inet n - y - - smtpd -v -o xx=x=3 -o {x=a b}" },
		{ "x inet n - y - - smtpd -o x=1 -o {x=2 3} -o y=4",
			"x inet n - y - - smtpd -o x=1 -o {x=a b} -o y=4" },
		{ "x inet n - y - - pipe x=1",
			"x inet n - y - - pipe x=1 -o {x=a b}" },
	};
	struct arena *arena = arena_open(1 << 20);

	(void)state;
	assert_non_null(arena);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(
			masterline_set(arena, cases[i].line, "x", "a b"),
			cases[i].expected);
	arena_close(arena);
}

static void test_no_blanks(void **state)
{
	struct arena *arena = arena_open(1 << 20);

	(void)state;
	assert_non_null(arena);
	assert_string_equal(
		masterline_set(arena, "s inet n - y - - smtpd", "x", "1"),
		"s inet n - y - - smtpd -o x=1");
	assert_string_equal(
		masterline_set(
			arena, "s inet n - y - - smtpd -o {x=1 2}", "x", ""),
		"s inet n - y - - smtpd -o x=");
	arena_close(arena);
}

static void test_unset(void **state)
{
	static const char *const cases[][2] = {
		{ "s inet n - y - - smtpd", "s inet n - y - - smtpd" },
		{ "s inet n - y - - smtpd -o x=1", "s inet n - y - - smtpd" },
		{ "s inet n - y - - smtpd -v -o { x = {1 2} } -o y=x=2",
			"s inet n - y - - smtpd -v -o y=x=2" },
		{ "s inet n - y - - smtpd -o xx=1", "s inet n - y - - smtpd -o "
						    "xx=1" },
	};
	struct arena *arena = arena_open(1 << 20);

	(void)state;
	assert_non_null(arena);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(
			masterline_unset(arena, cases[i][0], "x"), cases[i][1]);
	arena_close(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_no_blanks),
		cmocka_unit_test(test_unset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

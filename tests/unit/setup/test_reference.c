/*
 * What goes in comes out: a value that got a reference is, when it is taken out
 * again, what it was before, and so is a parameter that was not set.
 */
#include "kit/testmap.h"

#include "base/error.h"
#include "setup/reference.h"

#define NAME "readdress_x"

static void there_and_back(const char *value, bool set, const char *normal,
	const char *with, bool replaces)
{
	struct arena *arena = arena_open(1 << 20);
	size_t len = strlen(value);

	assert_non_null(arena);
	for (size_t at = replaces ? len : 0; at <= len; at++) {
		const char *rest = NULL;
		const char *got;
		int result;

		/* A word stands between two others, or at an end. */
		if (at && at < len &&
			(value[at - 1] != ' ' || value[at] == ' '))
			continue;
		got = replaces ? reference_replace(arena, value, NAME, set)
			       : reference_add(
					 arena, value, at, NAME, set, normal);
		assert_non_null(got);
		if (at == len)
			assert_string_equal(got, with);
		assert_true(reference_is_in(got, NAME));
		result = reference_strip(arena, got, normal, &rest);
		assert_int_equal(result, set);
		assert_string_equal(rest, set ? value : "");
	}
	arena_close(arena);
}

static void test_add(void **state)
{
	static const struct {
		const char *value;
		bool set;
		const char *normal;
		const char *with;
	} cases[] = {
		{ "", false, "", "$readdress_x" },
		{ "", true, "", "${readdress_x}" },
		{ "", true, "$mydestination", "${readdress_x}" },
		{ "a.example", true, "", "a.example $readdress_x" },
		{ "a.example,b", true, "", "a.example,b, $readdress_x" },
		{ "a.example, b", true, "", "a.example, b, $readdress_x" },
		{ "a b c", true, "", "a b c $readdress_x" },
		{ "a,", true, "", "a,, $readdress_x" },
		{ "{ unix:a, x=y } b", true, "",
			"{ unix:a, x=y } b $readdress_x" },
		{ "${{$compatibility_level} <level {2} ? {$m} : {}}", false,
			"${{$compatibility_level} <level {2} ? {$m} : {}}",
			"${{$compatibility_level} <level {2} ? {$m} : {}} "
			"$readdress_x" },
		{ "$mydestination", true, "$mydestination",
			"$mydestination ${readdress_x}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		there_and_back(cases[i].value, cases[i].set, cases[i].normal,
			cases[i].with, false);
}

static void test_replace(void **state)
{
	(void)state;
	there_and_back("1000", false, "1000", "$readdress_x", true);
	there_and_back("1000", true, "1000",
		"${readdress_x?{$readdress_x}:{1000}}", true);
	there_and_back("", true, "", "${readdress_x?{$readdress_x}:{}}", true);
	there_and_back("${a?{b}:{c}}", true, "5d",
		"${readdress_x?{$readdress_x}:{${a?{b}:{c}}}}", true);
}

static void test_odd(void **state)
{
	/* Others have written these, and they cannot be taken out. */
	static const char *const odd[] = { "a$readdress_x",
		"${readdress_x?{a}:{b}}", "${readdress_x?{$readdress_y}:{b}}",
		"$(readdress_x)", "${readdress_x}b", "a ${readdress_x!b} c" };
	struct arena *arena = arena_open(1 << 20);
	const char *rest = "a $readdress_a ${readdress_b}$readdres";
	struct bytes name;

	(void)state;
	assert_non_null(arena);
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		const char *left;

		assert_int_equal(reference_strip(arena, odd[i], "", &left),
			ERR_NOTFOUND);
	}
	assert_null(reference_replace(arena, "}{", NAME, true));
	assert_null(reference_replace(arena, "{", NAME, true));
	assert_true(reference_next(&rest, &name));
	assert_true(bytes_equal(name, bytes_of("readdress_a")));
	assert_true(reference_next(&rest, &name));
	assert_true(bytes_equal(name, bytes_of("readdress_b")));
	assert_false(reference_next(&rest, &name));
	assert_false(reference_is_in("$readdress_xy", NAME));
	assert_true(reference_is_in("$(readdress_x)", NAME));
	arena_close(arena);
}

static void test_several(void **state)
{
	struct arena *arena = arena_open(1 << 20);
	const char *rest;

	(void)state;
	assert_non_null(arena);
	assert_int_equal(reference_strip(arena,
				 "$readdress_a, b, c, $readdress_d", "", &rest),
		1);
	assert_string_equal(rest, "b, c");
	assert_int_equal(
		reference_strip(arena, "$readdress_a $readdress_d", "x", &rest),
		0);
	arena_close(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

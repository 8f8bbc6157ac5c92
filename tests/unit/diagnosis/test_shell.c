/*
 * Words of the shell, and commands for an instance of Postfix.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "diagnosis/shell.h"

static void test_word(void **state)
{
	static const char *const texts[][2] = {
		{ "/etc/postfix-out", "/etc/postfix-out" },
		{ "", "''" },
		{ "a b", "'a b'" },
		{ "it's", "'it'\\''s'" },
		{ "'", "''\\'''" },
		{ "$HOME", "'$HOME'" },
	};
	struct arena *arena = arena_open(1 << 20);

	(void)state;
	assert_non_null(arena);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_string_equal(
			shell_word(arena, texts[i][0]), texts[i][1]);
	assert_string_equal(shell_quote(arena, "abc"), "'abc'");
	arena_close(arena);
}

static void test_in(void **state)
{
	static const char *const commands[][2] = {
		{ "postconf -e 'a = b' && postfix reload",
			"postconf -c /x -e 'a = b' && postfix -c /x reload" },
		{ "readdress postfix --apply",
			"readdress postfix --config-dir /x --apply" },
		{ "readdress postfix", "readdress postfix --config-dir /x" },
		{ "take it out of main.cf, then `postfix reload`",
			"take it out of main.cf, then `postfix -c /x reload`" },
		{ "(where no systemd runs: postfix stop; postfix start)",
			"(where no systemd runs: postfix -c /x stop; postfix "
			"-c /x start)" },
		{ "postconf -P 'smtp/inet/x=postfix'",
			"postconf -c /x -P 'smtp/inet/x=postfix'" },
		{ "systemctl restart postfix", "systemctl restart postfix" },
		{ "readdress reload --postfix", "readdress reload --postfix" },
		{ "", "" },
		{ "  ", "  " },
	};
	struct arena *arena = arena_open(1 << 20);

	(void)state;
	assert_non_null(arena);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		assert_string_equal(
			shell_in(arena, commands[i][0], "/x"), commands[i][1]);
	assert_string_equal(shell_in(arena, "postfix reload", "/a b"),
		"postfix -c '/a b' reload");
	arena_close(arena);
}

static void test_memory(void **state)
{
	struct arena *arena = arena_open(64);

	(void)state;
	assert_non_null(arena);
	while (arena_bytes(arena, 8))
		continue;
	assert_null(shell_quote(arena, "some words"));
	assert_null(shell_word(arena, "some words"));
	assert_null(shell_in(arena, "postfix reload", "/x"));
	assert_null(shell_in(arena, "postfix reload", "/some words"));
	arena_close(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_word),
		cmocka_unit_test(test_in),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

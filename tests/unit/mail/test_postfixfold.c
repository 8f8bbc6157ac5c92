/* postfixfold: forms that Postfix 3.7 was seen to cut like this. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kit/holds.h"
#include "mail/postfixfold.h"

static void test_address(void **state)
{
	static const struct {
		const char *argument;
		const char *address;
	} cases[] = {
		{ "<b@c>", "b@c" },
		{ "b@c", "b@c" },
		{ "", "" },
		{ "<>", "" },
		{ "<", "<" },
		{ ">", ">" },
		{ "<b@c", "<b@c" },
		{ "b@c>", "b@c>" },
		{ "<<b@c>>", "<b@c>" },
		{ "< b@c >", " b@c " },
		/* routes */
		{ "<@a:b@c>", "b@c" },
		{ "@a:b@c", "b@c" },
		{ "<@a,@b:b@c>", "b@c" },
		{ "<@a,:b@c>", "b@c" },
		{ "<@a, :b@c>", "b@c" },
		{ "<@:b@c>", "b@c" },
		{ "<@[192.0.2.1]:b@c>", "b@c" },
		{ "<@\"x,y\":b@c>", "b@c" },
		{ "<@a>b:b@c>", "b@c" },
		{ "<@a:>", "" },
		{ "<@:>", "" },
		/* at the first colon, whatever it is */
		{ "<@[IPv6:::1]:b@c>", "::1]:b@c" },
		{ "<@\"x:y\":b@c>", "y\":b@c" },
		{ "<@a:@b:b@c>", "@b:b@c" },
		{ "<@a\\:b:b@c>", "b:b@c" },
		{ "<@(:)a:b@c>", ")a:b@c" },
		/* no route */
		{ "<@a>", "@a" },
		{ "<@a,@b>", "@a,@b" },
		{ "<b@[IPv6:::1]>", "b@[IPv6:::1]" },
		{ "<\"a:b\"@c>", "\"a:b\"@c" },
		{ "< @a:b@c>", " @a:b@c" },
		{ ",@a:b@c", ",@a:b@c" },
		{ " <@a:b@c>", " <@a:b@c>" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		/* of exact size, so that over-reads show */
		char *copy = holds_block(
			cases[i].argument, strlen(cases[i].argument) + 1);
		struct bytes found = postfixfold_path(copy);

		if (!bytes_equal(found, bytes_of(cases[i].address)))
			fail_msg("%s: %.*s", cases[i].argument, (int)found.len,
				found.data);
		free(copy);
	}
}

static void test_is_same(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		int same;
	} cases[] = {
		{ "bob", "bob", 1 },
		{ "Bob", "bOB", 1 },
		{ "bob", "rob", 0 },
		{ u8"stra\u00dfe.example", "STRASSE.example", 1 },
		{ u8"\u00e4.example", u8"\u00c4.example", 1 },
		{ u8"a\u0308.example", u8"\u00e4.example", 1 }, /* NFC */
		{ u8"\u00e4.example", "xn--4ca.example", 0 },
		{ "\xe4", "\xe4", 0 }, /* no UTF-8 */
		{ "", "", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(postfixfold_is_same(bytes_of(cases[i].a),
					 bytes_of(cases[i].b)),
			cases[i].same);
}

static void assert_folded(struct bytes folded, const char *expected)
{
	assert_int_equal(folded.len, strlen(expected));
	assert_memory_equal(folded.data, expected, folded.len);
}

static void test_folded_address(void **state)
{
	static const struct {
		const char *address;
		const char *folded;
	} cases[] = {
		{ "Bob@New.Example", "bob@new.example" },
		{ "\"b c\"@new.example.", "b c@new.example" },
		{ u8"x@stra\u00dfe.example", "x@strasse.example" },
		{ "No Address", "no address" },
		{ "\xe4@new.example", "\xe4@new.example" },
	};
	struct arena *arena = arena_open(1 << 16);
	struct bytes folded;

	(void)state;
	assert_non_null(arena);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(postfixfold_address(arena,
					 bytes_of(cases[i].address), &folded),
			0);
		assert_folded(folded, cases[i].folded);
	}
	arena_close(arena);
}

static void test_folded_orcpt(void **state)
{
	struct arena *arena = arena_open(1 << 16);
	struct bytes folded;

	(void)state;
	assert_non_null(arena);
	assert_int_equal(
		postfixfold_orcpt(arena, "RFC822;b+2Bc@New.Example", &folded),
		0);
	assert_folded(folded, "rfc822;b+c@new.example");
	assert_int_equal(
		postfixfold_orcpt(arena, "rfc822;b+2b+3+", &folded), 0);
	assert_folded(folded, "rfc822;b++3+");
	assert_int_equal(
		postfixfold_made_orcpt(arena, "<B+2Bc@New.Example>", &folded),
		0);
	assert_folded(folded, "rfc822;b+2bc@new.example");
	arena_close(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_is_same),
		cmocka_unit_test(test_folded_address),
		cmocka_unit_test(test_folded_orcpt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

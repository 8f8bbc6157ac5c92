/* The forms are those that a Postfix 3.7 was seen to cut so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kit/holds.h"
#include "decide/postfixpath.h"

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
		struct bytes found = postfixpath_address(copy);

		if (!bytes_equal(found, bytes_of(cases[i].address)))
			fail_msg("%s: %.*s", cases[i].argument, (int)found.len,
				found.data);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* localpart: BATV tags and extensions, in bytes without a NUL after them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/holds.h"
#include "mail/localpart.h"

#define BOTH (LOCALPART_PRVS | LOCALPART_BTV1)

static void test_tags(void **state)
{
	static const struct {
		const char *local;
		unsigned batv;
		size_t len;
	} cases[] = {
		{ "", BOTH, 0 },
		{ "bob", BOTH, 0 },
		{ "prvs=0987654321=bob", BOTH, 16 },
		{ "prvs=0987654321=bob", LOCALPART_PRVS, 16 },
		{ "prvs=0987654321=bob", LOCALPART_BTV1, 0 },
		{ "prvs=0987654321=bob", 0, 0 },
		{ "PRVS=1ABCdef321=Bob", BOTH, 16 },
		{ "prvs=0987654321=b=c", BOTH, 16 },
		{ "prvs=0987654321=bob+x", BOTH, 16 },
		/* nine, eleven, none; no name; no end; no letter or digit */
		{ "prvs=098765432=bob", BOTH, 0 },
		{ "prvs=09876543210=bob", BOTH, 0 },
		{ "prvs==bob", BOTH, 0 },
		{ "prvs=0987654321=", BOTH, 0 },
		{ "prvs=0987654321", BOTH, 0 },
		{ "prvs=098765432", BOTH, 0 },
		{ "prvs=", BOTH, 0 },
		{ "prvs=09876%4321=bob", BOTH, 0 },
		{ "prvs=09876.4321=bob", BOTH, 0 },
		{ u8"prvs=09876ä321=bob", BOTH, 0 },
		{ "xprvs=0987654321=bob", BOTH, 0 },
		{ "btv1==0a1b2c3d4e5==bob", BOTH, 19 },
		{ "BTV1==0==bob", BOTH, 9 },
		{ "btv1==0a1b2c3d4e5==bob", LOCALPART_BTV1, 19 },
		{ "btv1==0a1b2c3d4e5==bob", LOCALPART_PRVS, 0 },
		{ "btv1==0a1b2c3d4e5==b==c", BOTH, 19 },
		{ "btv1====bob", BOTH, 0 },
		{ "btv1==0a1b2c3d4e5=bob", BOTH, 0 },
		{ "btv1=0a1b2c3d4e5==bob", BOTH, 0 },
		{ "btv1==0a1b2c3d4e5==", BOTH, 0 },
		{ "btv1==0a!b==bob", BOTH, 0 },
		/* two gateways, one behind the other */
		{ "btv1==0a==prvs=0987654321=bob", BOTH, 26 },
		{ "prvs=0987654321=btv1==0a==bob", BOTH, 26 },
		{ "prvs=0987654321=btv1==0a==bob", LOCALPART_PRVS, 16 },
		{ "prvs=0987654321=btv1==0a==", BOTH, 16 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct localpart_syntax syntax = { "+=", cases[i].batv };
		size_t len = strlen(cases[i].local);
		char *block = holds_block(cases[i].local, len);
		size_t found = localpart_tag_len(&syntax, block, len);

		if (found != cases[i].len)
			fail_msg("%s: %zu instead of %zu", cases[i].local,
				found, cases[i].len);
		free(block);
	}
}

static void test_extensions(void **state)
{
	static const struct {
		const char *delimiter;
		const char *local;
		size_t off;
	} cases[] = {
		{ "+", "bob+x", 3 },
		{ "+", "bob", 3 },
		{ "+", "", 0 },
		{ "", "bob+x", 5 },
		{ "+", "+bob+x", 4 },
		{ "+", "bob+", 3 },
		{ "+", "bob-x", 5 },
		/* the first of any */
		{ "+-", "bob-x+y", 3 },
		{ "+-", "bob+x-y", 3 },
		{ "-+", "bob+x-y", 3 },
		{ "+-", "-+bob", 1 },
		{ "+-.", "bob.owen+x", 3 },
		/* as Postfix: addresses that are somebody of their own */
		{ "-", "mailer-daemon", 13 },
		{ "-", "MAILER-DAEMON", 13 },
		{ "-", "mailer-daemons", 6 },
		{ "-", "double-bounce", 13 },
		{ "ms", "postmaster", 10 },
		{ "-", "owner-list", 10 },
		{ "+-", "Owner-list+x", 12 },
		{ "+", "owner-list+x", 10 },
		{ "-", "owner-", 5 },
		{ "-", "list-request", 12 },
		{ "+-", "list-REQUEST", 12 },
		{ "+-", "list-request+x", 4 },
		{ "+", "list+x-request", 4 },
		{ "-", "-request", 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct localpart_syntax syntax = { cases[i].delimiter, BOTH };
		size_t len = strlen(cases[i].local);
		char *block = holds_block(cases[i].local, len);
		size_t found = localpart_extension(&syntax, block, len);

		if (found != cases[i].off)
			fail_msg("%s, %s: %zu instead of %zu",
				cases[i].delimiter, cases[i].local, found,
				cases[i].off);
		free(block);
	}
	/* The NUL behind the set is none of its characters. */
	assert_int_equal(
		localpart_extension(
			&(struct localpart_syntax){ "+", 0 }, "a\0b", 3),
		3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_extensions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Lists of domains, matched as Postfix 3.7 matches them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "postfix/domainlist.h"

/* Tables: "hash:NAME" has the key NAME alone; "hash:?" cannot be asked. */
static int ask(void *context, struct bytes table, struct bytes key)
{
	size_t *asked = context;

	++*asked;
	if (!bytes_take(&table, "hash:") && !bytes_take(&table, "regexp:"))
		return -1;
	if (bytes_equal(table, bytes_of("?")))
		return -1;
	return bytes_equal(table, key);
}

static void test_match(void **state)
{
	static const struct {
		const char *list;
		enum domainlist_answer
			answers[3]; /* exact, dotted, including */
	} cases[] = {
#define N DOMAINLIST_NO
#define Y DOMAINLIST_YES
#define U DOMAINLIST_UNKNOWN
		/* what a.b.example is for the list */
		{ "", { N, N, N } },
		{ " ,\n ", { N, N, N } },
		{ "a.b.example", { Y, Y, Y } },
		{ "x, A.B.Example", { Y, Y, Y } },
		{ "b.example", { N, N, Y } },
		{ "example x", { N, N, Y } },
		{ ".b.example", { N, Y, N } },
		{ ".example", { N, Y, N } },
		{ ".a.b.example", { N, N, N } },
		{ "xample ple .ample", { N, N, N } },
		{ "z.a.b.example", { N, N, N } },
		{ "!a.b.example a.b.example", { N, N, N } },
		{ "!!x a.b.example", { Y, Y, Y } },
		{ "! a.b.example", { Y, Y, Y } },
		{ "hash:a.b.example", { Y, Y, Y } },
		{ "hash:b.example", { N, N, Y } },
		{ "hash:.b.example", { N, Y, N } },
		{ "hash:.example", { N, Y, N } },
		{ "regexp:a.b.example", { Y, Y, Y } },
		{ "regexp:b.example", { N, N, N } },
		{ "regexp:.b.example", { N, N, N } },
		{ "hash:?", { U, U, U } },
		{ "hash:? a.b.example", { Y, Y, Y } },
		{ "hash:? !a.b.example", { U, U, U } },
		{ "!hash:? a.b.example", { U, U, U } },
		{ "!hash:a.b.example, a.b.example", { N, N, N } },
		{ "ldap:x", { U, U, U } },
		{ "/etc/domains", { U, U, U } },
		{ "inline:{ a=b, a.b.example }", { U, U, U } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int parents = DOMAINLIST_EXACT;
			parents <= DOMAINLIST_INCLUDING; parents++) {
			size_t asked = 0;
			enum domainlist_answer found = domainlist_match(
				cases[i].list, bytes_of("a.b.example"),
				(enum domainlist_parents)parents, ask, &asked);

			if (found != cases[i].answers[parents])
				fail_msg("\"%s\", parents %d: found %d, "
					 "expected %d",
					cases[i].list, parents, (int)found,
					(int)cases[i].answers[parents]);
		}
	assert_int_equal(domainlist_match("hash:x", bytes_of("x"),
				 DOMAINLIST_DOTTED, NULL, NULL),
		DOMAINLIST_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* When Postfix must be told of a new generation. */
#include "kit/testmap.h"

#include "update/lookupdiff.h"

#define USERS                                                                  \
	"in bob@a.example;bob@new.example\n"                                   \
	"in ann@a.example;ann@new.example\n"
#define ROUTE "routes @new.example;smtp:[192.0.2.1]\n"

static void test_any(void **state)
{
	static const struct {
		const char *name;
		const char *old;
		const char *new;
		int differs;
	} tests[] = {
		{ "nothing", USERS ROUTE, USERS ROUTE, 0 },
		{ "another target", "in bob@a.example;bob@new.example\n",
			"in bob@a.example;bob@other.example\n", 0 },
		{ "one more user", "in bob@a.example;bob@new.example\n", USERS,
			0 },
		{ "one user less", USERS, "in bob@a.example;bob@new.example\n",
			0 },
		{ "a domain rule beside users", USERS,
			USERS "in @a.example;@new.example\n", 0 },
		{ "users beside a domain rule", "in @a.example;@new.example\n",
			USERS "in @a.example;@new.example\n", 0 },
		{ "a domain of a sub-domain rule",
			"in @*.a.example;@new.example\n",
			"in @*.a.example;@new.example\n"
			"in bob@x.a.example;b@new.example\n",
			0 },
		{ "an outbound rule", USERS,
			USERS "out bob@new.example;bob@a.example\n", 0 },
		{ "a first user of a domain", USERS,
			USERS "in bob@b.example;bob@new.example\n", 1 },
		{ "the last user of a domain",
			USERS "in bob@b.example;bob@new.example\n", USERS, 1 },
		{ "a domain rule", USERS, USERS "in @b.example;@new.example\n",
			1 },
		{ "a sub-domain rule beside its domain", USERS,
			USERS "in @*.a.example;@new.example\n", 1 },
		{ "one user for another", "in bob@a.example;x@new.example\n",
			"in bob@b.example;x@new.example\n", 1 },
		{ "a new route", USERS, USERS ROUTE, 1 },
		{ "a route less", USERS ROUTE, USERS, 1 },
		{ "another next hop", USERS ROUTE,
			USERS "routes @new.example;smtp:[192.0.2.2]\n", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		struct map *old = testmap_open(tests[i].old);
		struct map *new = testmap_open(tests[i].new);
		struct error error = { .text = "" };
		int result = lookupdiff_any(old, new, &error);

		if (result != tests[i].differs)
			fail_msg(
				"%s: %d %s", tests[i].name, result, error.text);
		map_close(old);
		map_close(new);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

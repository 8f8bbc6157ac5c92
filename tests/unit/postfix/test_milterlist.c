/* Lists of milters, as Postfix 3.7 takes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "postfix/milterlist.h"

static void assert_bytes(struct bytes found, const char *expected)
{
	if (!bytes_equal(found, bytes_of(expected)))
		fail_msg("found \"%.*s\", expected \"%s\"", (int)found.len,
			found.data, expected);
}

static void test_next(void **state)
{
	static const struct {
		const char *value;
		const char *endpoints[4]; /* NULL behind the last */
	} cases[] = {
		{ "", { NULL } },
		{ " , ", { NULL } },
		{ "unix:a", { "unix:a" } },
		{ "unix:a,inet:h:1", { "unix:a", "inet:h:1" } },
		{ "unix:a inet:h:1", { "unix:a", "inet:h:1" } },
		{ "{ unix:a, default_action=tempfail }", { "unix:a" } },
		{ "{unix:a}", { "unix:a" } },
		{ "inet:h:1, { unix:a, x=y }, unix:b",
			{ "inet:h:1", "unix:a", "unix:b" } },
		{ "{ unix:a, {x = {y}} }, unix:b", { "unix:a", "unix:b" } },
		{ "{ unix:a, x=y", { "unix:a" } },
		{ "{", { "" } },
		{ "{}", { "" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes rest = bytes_of(cases[i].value);
		struct milterlist_item item;
		size_t count = 0;

		for (; milterlist_next(&rest, &item); count++) {
			assert_true(count < 4);
			assert_non_null(cases[i].endpoints[count]);
			assert_bytes(item.endpoint, cases[i].endpoints[count]);
		}
		assert_true(count == 4 || !cases[i].endpoints[count]);
	}
}

static void test_option(void **state)
{
	struct bytes rest = bytes_of("{ unix:a, default_action=accept, "
				     "{ protocol = 6 } connect_timeout=3s }");
	struct milterlist_item item;

	(void)state;
	assert_true(milterlist_next(&rest, &item));
	assert_bytes(milterlist_option(&item, "default_action", "-"), "accept");
	assert_bytes(milterlist_option(&item, "protocol", "-"), "6");
	assert_bytes(milterlist_option(&item, "connect_timeout", "-"), "3s");
	assert_bytes(milterlist_option(&item, "action", "-"), "-");
	rest = bytes_of("unix:a");
	assert_true(milterlist_next(&rest, &item));
	assert_bytes(milterlist_option(&item, "protocol", "2"), "2");
}

static void test_is_same(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		bool same;
	} cases[] = {
		{ "unix:r/m", "unix:r/m", true },
		{ "unix:r/m", "local:r/m", true },
		{ "unix:/var/spool/postfix/r/m", "unix:r/m", true },
		{ "unix:/var/spool/postfixr/m", "unix:r/m", false },
		{ "unix:r/m", "unix:r/M", false },
		{ "inet:localhost:1", "inet:LOCALHOST:1", true },
		{ "inet:localhost:1", "inet:127.0.0.1:1", true },
		{ "inet:localhost:1", "inet:127.0.0.1:2", false },
		{ "inet:[::1]:1", "inet:localhost:1", true },
		{ "inet:localhost:1", "unix:localhost:1", false },
		{ "", "unix:", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(
			milterlist_is_same(bytes_of(cases[i].a),
				bytes_of(cases[i].b), "/var/spool/postfix"),
			cases[i].same);
		assert_int_equal(
			milterlist_is_same(bytes_of(cases[i].b),
				bytes_of(cases[i].a), "/var/spool/postfix"),
			cases[i].same);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_option),
		cmocka_unit_test(test_is_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The values of routes: readdress(1), Routes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/route.h"

struct route_case {
	const char *text;
	const char *made; /* NULL: as it came */
	enum route_role role;
	const char *nexthop;
};

static const struct route_case good[] = {
	{ "relay", NULL, ROUTE_RELAY, "" },
	{ "LOCAL", "local", ROUTE_LOCAL, "" },
	{ "backup", NULL, ROUTE_BACKUP, "" },
	{ "Remote", "remote", ROUTE_REMOTE, "" },
	{ "auto", NULL, ROUTE_AUTO, "" },
	{ "hold", NULL, ROUTE_HOLD, "" },
	{ "relay smtp:[host]:25", NULL, ROUTE_RELAY, "smtp:[host]:25" },
	{ "Relay   smtp:[host]:25", "relay smtp:[host]:25", ROUTE_RELAY,
		"smtp:[host]:25" },
	{ "hold smtp:host", NULL, ROUTE_HOLD, "smtp:host" },
	{ "local lmtp:unix:private/dovecot-lmtp", NULL, ROUTE_LOCAL,
		"lmtp:unix:private/dovecot-lmtp" },
	/* a role is a word, and a transport may have its name */
	{ "relay:[host]:25", NULL, ROUTE_NONE, "relay:[host]:25" },
	{ "relay relay:[host]", NULL, ROUTE_RELAY, "relay:[host]" },
	{ "local:", NULL, ROUTE_NONE, "local:" },
	{ "hold:x", NULL, ROUTE_NONE, "hold:x" },
	/* next hops */
	{ "smtp:", NULL, ROUTE_NONE, "smtp:" },
	{ "smtp:mx.b.example", NULL, ROUTE_NONE, "smtp:mx.b.example" },
	{ "smtp:MX.b.example:2525", NULL, ROUTE_NONE,
		"smtp:MX.b.example:2525" },
	{ "smtp:mx.b.example:submission", NULL, ROUTE_NONE,
		"smtp:mx.b.example:submission" },
	{ "smtp:my_host.example", NULL, ROUTE_NONE, "smtp:my_host.example" },
	{ "smtp:[mx.b.example]", NULL, ROUTE_NONE, "smtp:[mx.b.example]" },
	{ "smtp:[my_host]:1", NULL, ROUTE_NONE, "smtp:[my_host]:1" },
	{ "smtp:[192.0.2.1]", NULL, ROUTE_NONE, "smtp:[192.0.2.1]" },
	{ "smtp:[192.0.2.1]:65535", NULL, ROUTE_NONE,
		"smtp:[192.0.2.1]:65535" },
	{ "smtp:[2001:db8::1]:25", NULL, ROUTE_NONE, "smtp:[2001:db8::1]:25" },
	{ "smtp:[IPv6:2001:db8::1]:smtp", NULL, ROUTE_NONE,
		"smtp:[IPv6:2001:db8::1]:smtp" },
	{ "smtp:[a],b:26,[192.0.2.1]:25", NULL, ROUTE_NONE,
		"smtp:[a],b:26,[192.0.2.1]:25" },
	{ "lmtp:inet:host:24", NULL, ROUTE_NONE, "lmtp:inet:host:24" },
	{ "lmtp:inet:[192.0.2.1]:24", NULL, ROUTE_NONE,
		"lmtp:inet:[192.0.2.1]:24" },
	{ "lmtp:unix:/run/1.2.3.4", NULL, ROUTE_NONE,
		"lmtp:unix:/run/1.2.3.4" },
	{ "smtp-new_2.x:[host]", NULL, ROUTE_NONE, "smtp-new_2.x:[host]" },
	{ "smtp:1a.example", NULL, ROUTE_NONE, "smtp:1a.example" },
	{ "smtp:3.example:25", NULL, ROUTE_NONE, "smtp:3.example:25" },
	{ "pipe-it:some/argument", NULL, ROUTE_NONE, "pipe-it:some/argument" },
	/* what is a text is not a host */
	{ "error:5.1.6 the domain [has] moved, 1.2.3.4", NULL, ROUTE_NONE,
		"error:5.1.6 the domain [has] moved, 1.2.3.4" },
	{ "relay retry:4.3.0 later", NULL, ROUTE_RELAY, "retry:4.3.0 later" },
	{ "discard:", NULL, ROUTE_NONE, "discard:" },
};

#define NO_ROUTE   "is not a route; expected relay, local, backup, remote, auto, "
#define NO_NEXTHOP "has something after its role that is not a next hop"
#define NO_ADDRESS "has an IP address without brackets"
#define NO_NAME	   "has no name of a Postfix transport"
#define IN_BRACKET "has something in its brackets that is "
#define NO_PORT	   "has something after \"]\" that is not a port"
#define SPACE	   "contains a space; expected a role, a next hop, or "
#define NOT_ASCII  "contains a control character or a character that is not "

static const struct {
	const char *text;
	const char *reason; /* its beginning, after the text */
} bad[] = {
	{ "elsewhere", NO_ROUTE },
	{ "relays", NO_ROUTE },
	{ "relay,local", NO_ROUTE },
	{ "mx.b.example", NO_ROUTE },
	{ "[mx.b.example]", NO_ROUTE },
	{ "relay relay", NO_NEXTHOP },
	{ "hold local", NO_NEXTHOP },
	{ "relay mx.b.example", NO_NEXTHOP },
	{ "smtp:[host]:25 relay", SPACE },
	{ "smtp:[a], [b]", SPACE },
	{ "smtp :[a]", NO_NAME },
	{ ":[mx.b.example]", NO_NAME },
	{ "relay :[mx.b.example]", NO_NAME },
	{ "sm/tp:[host]", NO_NAME },
	{ "smtp:192.0.2.1", NO_ADDRESS },
	{ "smtp:192.0.2.1:25", NO_ADDRESS },
	{ "smtp:1.2.3", NO_ADDRESS },
	{ "smtp:25", NO_ADDRESS },
	{ "smtp:2001:db8::1", NO_ADDRESS },
	{ "smtp:2001:db8:0:0:0:0:0:1:25", NO_ADDRESS },
	{ "smtp:::1", NO_ADDRESS },
	{ "smtp:[a],192.0.2.1", NO_ADDRESS },
	{ "lmtp:inet:192.0.2.1:24", NO_ADDRESS },
	{ "hold smtp:192.0.2.1", NO_ADDRESS },
	{ "smtp:[host", "has a \"[\" without its \"]\"" },
	{ "smtp:host]", "has a bracket within a host name" },
	{ "smtp:ho[st]", "has a bracket within a host name" },
	{ "smtp:[]", IN_BRACKET "neither" },
	{ "smtp:[[a]]", IN_BRACKET "neither" },
	{ "smtp:[a b]", SPACE },
	{ "smtp:[a/b]", IN_BRACKET "neither" },
	{ "smtp:[-a]", IN_BRACKET "neither" },
	{ "smtp:[.a]", IN_BRACKET "neither" },
	{ "smtp:[1.2.3]", IN_BRACKET "neither" },
	{ "smtp:[192.0.2.256]", IN_BRACKET "neither" },
	{ "smtp:[2001:db8::x]", IN_BRACKET "neither" },
	{ "smtp:[ipv6:host]", IN_BRACKET "not an IPv6 address" },
	{ "smtp:[a]25", NO_PORT },
	{ "smtp:[a]:", NO_PORT },
	{ "smtp:[a]:0", NO_PORT },
	{ "smtp:[a]:65536", NO_PORT },
	{ "smtp:[a]:25:25", NO_PORT },
	{ "smtp:a:0", "has a port that is not between 1 and 65535" },
	{ "smtp:a:99999999", "has a port that is not between 1 and 65535" },
	{ "smtp:a,", "ends with a comma" },
	{ "smtp:a,,b", "has an empty host name" },
	{ "smtp:,a", "has an empty host name" },
	{ "lmtp:inet:", "has an empty host name" },
	{ "lmtp:unix:", "has no path" },
	{ u8"smtp:bücher.example", NOT_ASCII },
	{ u8"error:für immer fort", NOT_ASCII },
	{ u8"smtp:[\u200bhost]", "contains U+200B" },
	{ "smtp:[host]\n", "contains U+000A" },
	{ "relay\tsmtp:[host]", "contains U+0009" },
	{ "smtp:\xff", "is not UTF-8" },
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		const struct route_case *one = &good[i];
		const char *wanted = one->made ? one->made : one->text;
		char made[ROUTE_MAX];
		struct error error = { .text = "" };
		struct route route;
		int len = route_make(bytes_of(one->text), made, &error);

		if (len < 0)
			fail_msg("%s: %s", one->text, error.text);
		assert_int_equal(len, strlen(wanted));
		assert_memory_equal(made, wanted, (size_t)len);
		route_read((struct bytes){ made, (size_t)len }, &route);
		if (route.role != one->role ||
			!bytes_equal(route.nexthop, bytes_of(one->nexthop)))
			fail_msg("%s: %d %.*s", one->text, route.role,
				(int)route.nexthop.len, route.nexthop.data);
		/* It is accepted again as it was written. */
		assert_int_equal(
			route_make((struct bytes){ wanted, (size_t)len }, made,
				NULL),
			len);
	}
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct error error = { .text = "" };
		char made[ROUTE_MAX];
		const char *reason;

		if (route_make(bytes_of(bad[i].text), made, &error) != ERR_BAD)
			fail_msg("%s is accepted", bad[i].text);
		assert_memory_equal(error.text, "target \"", 8);
		reason = strstr(error.text + 8, "\" ");
		if (!reason || strncmp(reason + 2, bad[i].reason,
				       strlen(bad[i].reason)) != 0)
			fail_msg("%s: %s", bad[i].text, error.text);
		assert_int_equal(
			route_make(bytes_of(bad[i].text), made, NULL), ERR_BAD);
	}
}

static void test_long(void **state)
{
	char text[ROUTE_MAX + 8] = "relay smtp:[h]:25";
	char made[ROUTE_MAX];
	struct error error;

	(void)state;
	memset(text + 17, 'x', sizeof text - 17);
	memcpy(text, "error:", 6);
	text[ROUTE_MAX - 1] = '\0';
	assert_int_equal(
		route_make(bytes_of(text), made, &error), ROUTE_MAX - 1);
	text[ROUTE_MAX - 1] = 'x';
	text[ROUTE_MAX] = '\0';
	assert_int_equal(route_make(bytes_of(text), made, &error), ERR_BAD);
	assert_non_null(strstr(error.text, "is too long for a route"));
	memset(text, 'a', 300);
	memcpy(text, "smtp:[", 6);
	text[262] = ']';
	text[263] = '\0';
	assert_int_equal(route_make(bytes_of(text), made, &error), ERR_BAD);
	text[261] = ']';
	text[262] = '\0';
	assert_int_equal(route_make(bytes_of(text), made, &error), 262);
}

/* Whatever an earlier version stored. */
static void test_read(void **state)
{
	static const struct {
		const char *text;
		enum route_role role;
		const char *nexthop;
	} stored[] = {
		{ "", ROUTE_NONE, "" },
		{ "relay", ROUTE_RELAY, "" },
		{ "smtp:192.0.2.1", ROUTE_NONE, "smtp:192.0.2.1" },
		{ "relaying", ROUTE_NONE, "relaying" },
		{ " relay", ROUTE_NONE, "relay" },
		{ "error:5.1.1 a b", ROUTE_NONE, "error:5.1.1 a b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof stored / sizeof *stored; i++) {
		struct route route;

		route_read(bytes_of(stored[i].text), &route);
		assert_int_equal(route.role, stored[i].role);
		assert_true(bytes_equal(
			route.nexthop, bytes_of(stored[i].nexthop)));
	}
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 1; i < ROUTE_ROLES; i++) {
		const char *name = route_role_name((enum route_role)i);

		assert_int_equal(route_role_find(bytes_of(name)), i);
		assert_true(*name);
	}
	assert_string_equal(route_role_name(ROUTE_NONE), "");
	assert_int_equal(route_role_find(bytes_of("")), ROUTE_NONE);
	assert_int_equal(route_role_find(bytes_of("rela")), ROUTE_NONE);
	assert_int_equal(route_role_find(bytes_of("HOLD")), ROUTE_HOLD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

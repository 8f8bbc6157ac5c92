/* rule_make(), and the rules that the map stores. */
#include "kit/testmap.h"
#include "rules/rulesource.h"
#include "rules/ruletarget.h"

/* One row, and the rule that it becomes. */
struct rule_case {
	enum rule_table table;
	const char *source;
	const char *target;
	const char *key;
	const char *targets;
	enum rule_kind kind;
	bool utf8;
};

#define IN  RULE_INBOUND
#define OUT RULE_OUTBOUND
#define RTE RULE_ROUTES

static const struct rule_case good[] = {
	/* kinds */
	{ IN, "bob@a.com", "bob.owen@b.com", "bob@a.com", "bob.owen@b.com",
		RULE_USER, false },
	{ OUT, "bob@a.com", "bob.owen@b.com", "bob@a.com", "bob.owen@b.com",
		RULE_USER, false },
	{ IN, "@a.com", "@b.com", "@a.com", "@b.com", RULE_DOMAIN, false },
	{ IN, "@*.a.com", "@b.com", "@*.a.com", "@b.com", RULE_SUBDOMAIN,
		false },
	{ IN, "@a.com", "all@b.com", "@a.com", "all@b.com", RULE_CATCHALL,
		false },
	{ IN, "@*.a.com", "all@b.com", "@*.a.com", "all@b.com", RULE_CATCHALL,
		false },
	{ OUT, "@*.a.com", "@a.com", "@*.a.com", "@a.com", RULE_SUBDOMAIN,
		false },
	/* exceptions, whatever the spelling */
	{ IN, "x@a.com", "x@a.com", "x@a.com", "x@a.com", RULE_EXCEPTION,
		false },
	{ IN, "X@A.com", "x@a.COM", "x@a.com", "x@a.COM", RULE_EXCEPTION,
		false },
	{ IN, "x@a.com", "\"x\"@a.com.", "x@a.com", "x@a.com", RULE_EXCEPTION,
		false },
	{ IN, "x@xn--bcher-kva.example", u8"X@BÜCHER.example",
		"x@xn--bcher-kva.example", "X@xn--bcher-kva.example",
		RULE_EXCEPTION, false },
	{ IN, "@a.com", "@A.com.", "@a.com", "@A.com", RULE_EXCEPTION, false },
	{ OUT, u8"@bücher.example", "@xn--bcher-kva.example",
		"@xn--bcher-kva.example", "@xn--bcher-kva.example",
		RULE_EXCEPTION, false },
	{ IN, "@*.a.com", "@*.A.com", "@*.a.com", "@*.a.com", RULE_EXCEPTION,
		false },
	/* one to many; the source itself may be one of them */
	{ IN, "team@a.com", "team@old.com,team@new.com", "team@a.com",
		"team@old.com,team@new.com", RULE_USER, false },
	{ IN, "team@a.com", " team@old.com , team@new.com ", "team@a.com",
		"team@old.com,team@new.com", RULE_USER, false },
	{ IN, "@a.com", "@old.com,@new.com", "@a.com", "@old.com,@new.com",
		RULE_DOMAIN, false },
	{ IN, "team@a.com", "team@a.com,team@b.com", "team@a.com",
		"team@a.com,team@b.com", RULE_USER, false },
	{ IN, "team@a.com", "team@b.com,team@a.com", "team@a.com",
		"team@b.com,team@a.com", RULE_USER, false },
	{ IN, "@a.com", "@a.com,@b.com", "@a.com", "@a.com,@b.com", RULE_DOMAIN,
		false },
	{ IN, "@*.a.com", "@b.com,@c.com", "@*.a.com", "@b.com,@c.com",
		RULE_SUBDOMAIN, false },
	{ IN, "t@a.com", "\"a,b\"@x.com,c@x.com", "t@a.com",
		"\"a,b\"@x.com,c@x.com", RULE_USER, false },
	{ OUT, "t@a.com", "\"a,b\"@x.com", "t@a.com", "\"a,b\"@x.com",
		RULE_USER, false },
	{ IN, "t@a.com", "\"a\\\",b\"@x.com,c@x.com", "t@a.com",
		"\"a\\\",b\"@x.com,c@x.com", RULE_USER, false },
	/* keys: quotes, quoted-pairs, case, dot, NFC, A-labels */
	{ IN, " \"bob\"@a.com\t", "b@b.com", "bob@a.com", "b@b.com", RULE_USER,
		false },
	{ IN, "\"b\\ob\"@a.com", "b@b.com", "bob@a.com", "b@b.com", RULE_USER,
		false },
	{ IN, "\"John Doe\"@a.com", "b@b.com", "john doe@a.com", "b@b.com",
		RULE_USER, false },
	{ IN, "BoB@A.CoM.", "b@b.com", "bob@a.com", "b@b.com", RULE_USER,
		false },
	{ IN, u8"bob@bücher.example", "b@b.com", "bob@xn--bcher-kva.example",
		"b@b.com", RULE_USER, false },
	{ IN, u8"bob@BÜCHER.example", "b@b.com", "bob@xn--bcher-kva.example",
		"b@b.com", RULE_USER, false },
	{ IN, u8"bob@bu\u0308cher.example", "b@b.com",
		"bob@xn--bcher-kva.example", "b@b.com", RULE_USER, false },
	{ IN, "bob@XN--BCHER-KVA.Example", "b@b.com",
		"bob@xn--bcher-kva.example", "b@b.com", RULE_USER, false },
	{ IN, u8"@*.BÜCHER.example", "@b.com", "@*.xn--bcher-kva.example",
		"@b.com", RULE_SUBDOMAIN, false },
	{ IN, u8"jÖrg@a.com", "b@b.com", u8"jörg@a.com", "b@b.com", RULE_USER,
		false },
	{ IN, u8"jo\u0308rg@a.com", "b@b.com", u8"jörg@a.com", "b@b.com",
		RULE_USER, false },
	/* targets keep the spelling; domains as A-labels, quotes as needed */
	{ IN, "bob@a.com", "Bob.Owen@DryPizza.Com", "bob@a.com",
		"Bob.Owen@DryPizza.Com", RULE_USER, false },
	{ IN, "bob@a.com", u8"\"Bob\"@bücher.example", "bob@a.com",
		"Bob@xn--bcher-kva.example", RULE_USER, false },
	{ IN, "bob@a.com", "\"John Doe\"@b.com", "bob@a.com",
		"\"John Doe\"@b.com", RULE_USER, false },
	{ IN, "bob@a.com", "\"a..b\"@b.com", "bob@a.com", "\"a..b\"@b.com",
		RULE_USER, false },
	{ IN, "@a.com", u8"@BÜCHER.example", "@a.com", "@xn--bcher-kva.example",
		RULE_DOMAIN, false },
	{ IN, "bob@a.com", "b@[192.0.2.1]", "bob@a.com", "b@[192.0.2.1]",
		RULE_USER, false },
	{ IN, "bob@a.com", "b@[IPv6:2001:db8::1]", "bob@a.com",
		"b@[IPv6:2001:db8::1]", RULE_USER, false },
	{ IN, "@a.com", "@[IPv6:2001:db8::1]", "@a.com", "@[IPv6:2001:db8::1]",
		RULE_DOMAIN, false },
	{ IN, "@[IPv6:2001:db8::1]", "@b.com", "@[ipv6:2001:db8::1]", "@b.com",
		RULE_DOMAIN, false },
	{ IN, "bob@a.com", u8"jörg@b.com", "bob@a.com", u8"jörg@b.com",
		RULE_USER, true },
	{ IN, "bob+tag@a.com", "b+x@b.com", "bob+tag@a.com", "b+x@b.com",
		RULE_USER, false },
	{ IN, "@a.com", "\"@b\"@c.com", "@a.com", "\"@b\"@c.com", RULE_CATCHALL,
		false },
	/* a quoted local part that begins with "@" is still a user */
	{ IN, "\"@x\"@a.com", "b@b.com", "@x@a.com", "b@b.com", RULE_USER,
		false },
	/* underscores in a source's domain, and where it is the target again */
	{ IN, "bob@My_Corp.local", "b@b.com", "bob@my_corp.local", "b@b.com",
		RULE_USER, false },
	{ IN, "@my_corp.local", "@b.com", "@my_corp.local", "@b.com",
		RULE_DOMAIN, false },
	{ OUT, "@*._x.my_corp.local.", "@b.com", "@*._x.my_corp.local",
		"@b.com", RULE_SUBDOMAIN, false },
	{ IN, "@my_corp.local", "all@b.com", "@my_corp.local", "all@b.com",
		RULE_CATCHALL, false },
	{ RTE, "@my_corp.local", "relay", "@my_corp.local", "relay",
		RULE_DOMAIN, false },
	{ IN, "@my_corp.local", "@MY_corp.local", "@my_corp.local",
		"@MY_corp.local", RULE_EXCEPTION, false },
	{ IN, "bob@my_corp.local", "Bob@my_corp.local", "bob@my_corp.local",
		"Bob@my_corp.local", RULE_EXCEPTION, false },
	{ IN, "t@my_corp.local", "t@my_corp.local,t@b.com", "t@my_corp.local",
		"t@my_corp.local,t@b.com", RULE_USER, false },
	{ IN, "@my_corp.local", "@b.com,@my_corp.local", "@my_corp.local",
		"@b.com,@my_corp.local", RULE_DOMAIN, false },
	/* a source whose domain ends in digits, and its exception */
	{ IN, "x@1.2.3.4", "x@b.com", "x@1.2.3.4", "x@b.com", RULE_USER,
		false },
	{ IN, "x@1.2.3.4", "x@1.2.3.4", "x@1.2.3.4", "x@1.2.3.4",
		RULE_EXCEPTION, false },
	{ IN, "@a.com", "@1.2.3.4.com", "@a.com", "@1.2.3.4.com", RULE_DOMAIN,
		false },
	{ IN, "x@a.com", "x@b.c4", "x@a.com", "x@b.c4", RULE_USER, false },
	{ IN, "x@a.com", "x@[192.0.2.1]", "x@a.com", "x@[192.0.2.1]", RULE_USER,
		false },
	/* exceptions for what would be a route */
	{ IN, "c!bob@a.com", "c!bob@a.com", "c!bob@a.com", "c!bob@a.com",
		RULE_EXCEPTION, false },
	{ OUT, "Bob%c@a.com", "bob%C@a.com", "bob%c@a.com", "bob%C@a.com",
		RULE_EXCEPTION, false },
	{ IN, "\"a b!c\"@a.com", "\"a b!c\"@a.com", "a b!c@a.com",
		"\"a b!c\"@a.com", RULE_EXCEPTION, false },
	/* the same target again is one */
	{ IN, "t@a.com", "x@b.com,x@B.com,X@b.com", "t@a.com",
		"x@b.com,X@b.com", RULE_USER, false },
	{ IN, "t@a.com", "x@b.com,y@b.com,x@B.COM.,z@b.com", "t@a.com",
		"x@b.com,y@b.com,z@b.com", RULE_USER, false },
	{ IN, "@a.com", "@B.com,@b.com", "@a.com", "@B.com", RULE_DOMAIN,
		false },
	{ OUT, "t@a.com", "x@b.com,x@B.com", "t@a.com", "x@b.com", RULE_USER,
		false },
	/* what a target may not hold, a source may: mail comes with it */
	{ IN, "a%b@a.com", "b@b.com", "a%b@a.com", "b@b.com", RULE_USER,
		false },
	/* routes */
	{ RTE, "@a.com", "relay", "@a.com", "relay", RULE_DOMAIN, false },
	{ RTE, "@A.com", " Local ", "@a.com", "local", RULE_DOMAIN, false },
	{ RTE, "@a.com", "backup", "@a.com", "backup", RULE_DOMAIN, false },
	{ RTE, "@a.com", "remote", "@a.com", "remote", RULE_DOMAIN, false },
	{ RTE, "@*.a.com", "auto", "@*.a.com", "auto", RULE_SUBDOMAIN, false },
	{ RTE, "@a.com", "smtp:[mx.b.com]:25", "@a.com", "smtp:[mx.b.com]:25",
		RULE_DOMAIN, false },
	{ RTE, "@a.com", "lmtp:unix:/run/lmtp", "@a.com", "lmtp:unix:/run/lmtp",
		RULE_DOMAIN, false },
};

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_open((size_t)1 << 20);
	return arena ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_close(arena);
	return 0;
}

static void assert_bytes(struct bytes found, const char *expected)
{
	if (!bytes_equal(found, bytes_of(expected)))
		fail_msg("\"%.*s\" instead of \"%s\"", (int)found.len,
			found.data, expected);
}

static int make(
	const struct rule_case *row, struct rule *rule, struct error *error)
{
	return rule_make(arena, row->table, bytes_of(row->source),
		bytes_of(row->target), row->utf8, rule, error);
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		const struct rule_case *row = &good[i];
		char key[ADDRESS_KEY_MAX];
		struct rule rule;
		struct error error = { .text = "" };
		int len;

		if (make(row, &rule, &error) < 0)
			fail_msg("%s;%s: %s", row->source, row->target,
				error.text);
		assert_bytes(rule.key, row->key);
		assert_bytes(rule_value_targets(rule.value), row->targets);
		if (rule_value_kind(rule.value) != row->kind)
			fail_msg("%s;%s: is %s, not %s", row->source,
				row->target,
				rule_kind_name(rule_value_kind(rule.value)),
				rule_kind_name(row->kind));
		len = rule_source_key(
			row->table, bytes_of(row->source), key, NULL);
		assert_true(len > 0);
		assert_bytes((struct bytes){ key, (size_t)len }, row->key);
	}
}

static void test_thousand_targets(void **state)
{
	char target[40000];
	char one[64];
	size_t used = 0;
	size_t count = 0;
	struct rule rule;
	struct bytes rest;
	struct bytes part;

	(void)state;
	for (int i = 0; i < 1000; i++)
		used += (size_t)sprintf(target + used, "%suser%04d@new.example",
			i ? "," : "", i);
	assert_int_equal(rule_make(arena, IN, bytes_of("t@a.com"),
				 bytes_of(target), false, &rule, NULL),
		0);
	rest = rule_value_targets(rule.value);
	while (rule_next_target(&rest, &part)) {
		(void)snprintf(
			one, sizeof one, "user%04zu@new.example", count++);
		assert_bytes(part, one);
	}
	assert_int_equal(count, 1000);
}

static void test_source_text(void **state)
{
	static const char *const pairs[][2] = {
		{ "bob@a.com", "bob@a.com" },
		{ "@a.com", "@a.com" },
		{ "@*.a.com", "@*.a.com" },
		{ "john doe@a.com", "\"john doe\"@a.com" },
		{ "@x@a.com", "\"@x\"@a.com" },
		{ "a\"b@a.com", "\"a\\\"b\"@a.com" },
		{ "b@[ipv6:2001:db8::1]", "b@[ipv6:2001:db8::1]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		char text[ADDRESS_TEXT_MAX];
		char key[ADDRESS_KEY_MAX];
		size_t len = rule_source_text(bytes_of(pairs[i][0]), text);
		int key_len;

		assert_string_equal(text, pairs[i][1]);
		assert_int_equal(len, strlen(text));
		key_len = rule_source_key(
			IN, (struct bytes){ text, len }, key, NULL);
		assert_true(key_len > 0);
		assert_bytes(
			(struct bytes){ key, (size_t)key_len }, pairs[i][0]);
	}
}

static void test_next_target(void **state)
{
	struct bytes rest = bytes_of("a@b,\"c,d\\\"e\"@f,,\"g");
	struct bytes target;

	(void)state;
	assert_true(rule_next_target(&rest, &target));
	assert_bytes(target, "a@b");
	assert_true(rule_next_target(&rest, &target));
	assert_bytes(target, "\"c,d\\\"e\"@f");
	assert_true(rule_next_target(&rest, &target));
	assert_bytes(target, "");
	assert_true(rule_next_target(&rest, &target));
	assert_bytes(target, "\"g");
	assert_false(rule_next_target(&rest, &target));
	rest = (struct bytes){ "\"a\\", 3 };
	assert_true(rule_next_target(&rest, &target));
	assert_bytes(target, "\"a\\");
	assert_false(rule_next_target(&rest, &target));
}

static void test_names(void **state)
{
	(void)state;
	for (int t = 0; t < RULE_TABLES; t++)
		assert_int_equal(
			rule_table_find(rule_table_name((enum rule_table)t)),
			t);
	assert_string_equal(rule_table_name(RULE_ROUTES), "routes");
	assert_int_equal(rule_table_find("Inbound"), -1);
	assert_int_equal(rule_table_find(""), -1);
	assert_string_equal(rule_kind_name(RULE_CATCHALL), "catch-all");
	assert_string_equal(rule_kind_name(RULE_SUBDOMAIN), "sub-domain");
	assert_int_equal(rule_value_kind(bytes_of("")), RULE_KINDS);
	assert_int_equal(rule_value_kind(bytes_of("u")), RULE_KINDS);
	assert_int_equal(rule_value_kind(bytes_of("?a@b")), RULE_KINDS);
	assert_int_equal(rule_value_kind(bytes_of("ua@b")), RULE_USER);
}

static void test_no_memory(void **state)
{
	struct arena *small = arena_open(1);
	struct rule rule;
	int result = 0;

	(void)state;
	assert_non_null(small);
	for (int i = 0; i < 1000 && !result; i++)
		result = rule_make(small, IN, bytes_of("bob@a.com"),
			bytes_of("bob@b.com"), false, &rule, NULL);
	assert_int_equal(result, ERR_NOMEM);
	arena_close(small);
}

/* Values as in the map: a byte for the kind, and the targets. */
static void test_same_value(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		bool same;
	} tests[] = {
		{ "ux@b.com", "ux@b.com", true },
		{ "ux@b.com", "ux@B.Com", true },
		{ "ux@b.com", "uX@b.com", false },
		{ "ux@b.com", "cx@b.com", false },
		{ "ux@b.com", "ux@c.com", false },
		{ "d@b.com", "d@B.com", true },
		{ "ux@b.com,y@c.com", "ux@B.com,y@C.com", true },
		{ "ux@b.com,y@c.com", "uy@c.com,x@b.com", false },
		{ "u\"a,B@x\"@b.com", "u\"a,B@x\"@B.com", true },
		{ "u\"a,B@x\"@b.com", "u\"a,b@x\"@b.com", false },
		{ "u\"a@B\"@b.com", "u\"a@b\"@b.com", false },
		{ "dsmtp:[mx.b.com]", "dsmtp:[mx.B.com]", false },
		{ "drelay", "drelay", true },
		{ "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		struct bytes a = bytes_of(tests[i].a);
		struct bytes b = bytes_of(tests[i].b);

		if (rule_same_value(a, b) != tests[i].same ||
			rule_same_value(b, a) != tests[i].same)
			fail_msg("%s %s", tests[i].a, tests[i].b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_same_value),
		cmocka_unit_test(test_thousand_targets),
		cmocka_unit_test(test_source_text),
		cmocka_unit_test(test_next_target),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

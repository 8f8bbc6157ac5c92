/* lookup_find and lookup_next: the order of readdress(1), Rules. */
#include "kit/testmap.h"

#include "map/lookup.h"

#define BUECHER u8"bücher.example"

#define BATV (LOCALPART_PRVS | LOCALPART_BTV1)

static const struct localpart_syntax plus = { "+", BATV };

struct lookup_case {
	const char *address;
	const char *key;     /* of the rule; NULL: none holds */
	const char *targets; /* applied, joined with "," */
};

static void assert_bytes(
	const char *address, struct bytes found, const char *expected)
{
	if (!bytes_equal(found, bytes_of(expected)))
		fail_msg("%s: \"%.*s\" instead of \"%s\"", address,
			(int)found.len, found.data, expected);
}

static void apply(
	const struct lookup *lookup, const struct mailbox *mailbox, char *out)
{
	struct bytes rest = lookup->targets;
	struct lookup_target target;
	size_t used = 0;
	int result;

	while ((result = lookup_next(lookup, mailbox, &rest, &target)) == 1) {
		char text[ADDRESS_TEXT_MAX];

		assert_true(address_format(&target.mailbox, text) > 0);
		used += (size_t)sprintf(
			out + used, "%s%s", used ? "," : "", text);
	}
	assert_int_equal(result, 0);
}

static void check(struct map_reader *reader, enum rule_table table,
	const char *delimiter, const struct lookup_case *row)
{
	struct mailbox mailbox;
	struct lookup lookup;
	char targets[4096] = "";
	int result;

	assert_int_equal(address_parse(row->address, strlen(row->address),
				 &mailbox, NULL),
		0);
	result = lookup_find(reader, table, &mailbox,
		&(struct localpart_syntax){ delimiter, BATV }, &lookup);
	if (!row->key) {
		if (result)
			fail_msg("%s: %d by %.*s", row->address, result,
				(int)lookup.key_len, lookup.key);
		return;
	}
	if (result != 1)
		fail_msg("%s: no rule", row->address);
	assert_bytes(row->address, (struct bytes){ lookup.key, lookup.key_len },
		row->key);
	if (lookup.kind == RULE_EXCEPTION) {
		assert_null(row->targets);
		assert_int_equal(lookup.extension.len, 0);
		return;
	}
	apply(&lookup, &mailbox, targets);
	assert_non_null(row->targets);
	assert_bytes(row->address, bytes_of(targets), row->targets);
}

static void check_all(const char *rules, enum rule_table table,
	const char *delimiter, const struct lookup_case *rows, size_t count)
{
	struct map *map = testmap_open(rules);
	struct map_reader *reader;

	assert_int_equal(map_reader_open(&reader, map), 0);
	for (size_t i = 0; i < count; i++)
		check(reader, table, delimiter, &rows[i]);
	map_reader_close(reader);
	map_close(map);
}

#define CHECK(rules, table, delimiter, rows)                                   \
	check_all(rules, table, delimiter, rows, sizeof rows / sizeof *rows)

static void test_order(void **state)
{
	static const char rules[] = "in bob@w.com;bob.owen@d.com\n"
				    "in bob+vip@w.com;vip@d.com\n"
				    "in @w.com;@old.com\n"
				    "in @*.w.com;@sub.old.com\n"
				    "in @*.eu.w.com;@eu.old.com\n"
				    "in @x.eu.w.com;all@x.old.com\n"
				    "in kept@w.com;KEPT@w.com\n"
				    "in @kept.com;@KEPT.com\n"
				    "in bob@kept.com;bob@d.com\n"
				    "in @quiet.w.com;@quiet.w.com\n"
				    "in @*.deep.w.com;@*.deep.w.com\n"
				    "in @only.com;all@d.com\n"
				    "in @*.net;@net.old.com\n"
				    "out bob@w.com;wrong@d.com\n";
	static const struct lookup_case rows[] = {
		/* 1: the whole address */
		{ "bob@w.com", "bob@w.com", "bob.owen@d.com" },
		{ "BOB@W.COM", "bob@w.com", "bob.owen@d.com" },
		{ "\"bob\"@w.com.", "bob@w.com", "bob.owen@d.com" },
		{ "\"b\\ob\"@w.com", "bob@w.com", "bob.owen@d.com" },
		{ "bob+vip@w.com", "bob+vip@w.com", "vip@d.com" },
		{ "BOB+VIP@w.com", "bob+vip@w.com", "vip@d.com" },
		/* 2: without its extension, which is carried as it came */
		{ "bob+news@w.com", "bob@w.com", "bob.owen+news@d.com" },
		{ "BOB+News@w.com", "bob@w.com", "bob.owen+News@d.com" },
		{ "bob+vip+x@w.com", "bob@w.com", "bob.owen+vip+x@d.com" },
		{ "bob+@w.com", "bob@w.com", "bob.owen+@d.com" },
		{ "\"bob+a b\"@w.com", "bob@w.com", "\"bob.owen+a b\"@d.com" },
		/* 3: the domain; the local part is kept as it came */
		{ "Chloe@w.com", "@w.com", "Chloe@old.com" },
		{ "chloe+News@w.com", "@w.com", "chloe+News@old.com" },
		{ "\"a b\"@w.com", "@w.com", "\"a b\"@old.com" },
		{ "+bob@w.com", "@w.com", "+bob@old.com" },
		/* 4: the longest parent first, not the domain itself */
		{ "a@x.w.com", "@*.w.com", "a@sub.old.com" },
		{ "a@y.x.w.com", "@*.w.com", "a@sub.old.com" },
		{ "a@eu.w.com", "@*.w.com", "a@sub.old.com" },
		{ "a@y.eu.w.com", "@*.eu.w.com", "a@eu.old.com" },
		{ "a@z.y.eu.w.com", "@*.eu.w.com", "a@eu.old.com" },
		{ "a@x.eu.w.com", "@x.eu.w.com", "all@x.old.com" },
		{ "a@y.x.eu.w.com", "@*.eu.w.com", "a@eu.old.com" },
		{ "bob@x.w.com", "@*.w.com", "bob@sub.old.com" },
		{ "a@xw.com", NULL, NULL },
		{ "a@net", NULL, NULL },
		{ "a@b.net", "@*.net", "a@net.old.com" },
		/* an exception stops the search, on each step */
		{ "kept@w.com", "kept@w.com", NULL },
		{ "Kept+x@w.com", "kept@w.com", NULL },
		{ "a@kept.com", "@kept.com", NULL },
		{ "bob@kept.com", "bob@kept.com", "bob@d.com" },
		{ "bob+x@kept.com", "bob@kept.com", "bob+x@d.com" },
		{ "bob@quiet.w.com", "@quiet.w.com", NULL },
		{ "a@x.deep.w.com", "@*.deep.w.com", NULL },
		{ "a@deep.w.com", "@*.w.com", "a@sub.old.com" },
		/* a catch-all carries no extension */
		{ "a+news@only.com", "@only.com", "all@d.com" },
		{ "\"x%y\"@only.com", "@only.com", "all@d.com" },
		/* nothing */
		{ "bob@d.com", NULL, NULL },
		{ "bob@com", NULL, NULL },
		{ "vip@[192.0.2.1]", NULL, NULL },
	};

	(void)state;
	CHECK(rules, RULE_INBOUND, "+", rows);
}

static void test_tables_are_apart(void **state)
{
	static const char rules[] = "in a@w.com;in@d.com\n"
				    "out a@w.com;out@d.com\n"
				    "out @o.com;@d.com\n";
	static const struct lookup_case inbound[] = {
		{ "a@w.com", "a@w.com", "in@d.com" },
		{ "a@o.com", NULL, NULL },
	};
	static const struct lookup_case outbound[] = {
		{ "a@w.com", "a@w.com", "out@d.com" },
		{ "a+x@w.com", "a@w.com", "out+x@d.com" },
		{ "a@o.com", "@o.com", "a@d.com" },
	};

	(void)state;
	CHECK(rules, RULE_INBOUND, "+", inbound);
	CHECK(rules, RULE_OUTBOUND, "+", outbound);
}

static void test_one_to_many(void **state)
{
	static const char rules[] =
		"in team@w.com;a@old.com,\"b c\"@new.com,team@w.com\n"
		"in @m.com;@m.com,@new.com\n"
		"in @c.com;@new.com,all@new.com\n";
	static const struct lookup_case rows[] = {
		{ "team@w.com", "team@w.com",
			"a@old.com,\"b c\"@new.com,team@w.com" },
		{ "team+X@w.com", "team@w.com",
			"a+X@old.com,\"b c+X\"@new.com,team+X@w.com" },
		{ "Bob+x@m.com", "@m.com", "Bob+x@m.com,Bob+x@new.com" },
		{ "bob@c.com", "@c.com", "bob@new.com,all@new.com" },
	};

	(void)state;
	CHECK(rules, RULE_INBOUND, "+", rows);
}

static void test_delimiters(void **state)
{
	static const char rules[] = "in bob@w.com;new@d.com\n"
				    "in -bob@w.com;minus@d.com\n"
				    "in -@w.com;one@d.com\n"
				    "in a+b@w.com;ab@d.com\n";
	static const struct lookup_case minus[] = {
		{ "bob-x@w.com", "bob@w.com", "new-x@d.com" },
		{ "bob-x-y@w.com", "bob@w.com", "new-x-y@d.com" },
		{ "bob+x@w.com", NULL, NULL },
		/* the first one that is not in front */
		{ "-bob-x@w.com", "-bob@w.com", "minus-x@d.com" },
		{ "-bob@w.com", "-bob@w.com", "minus@d.com" },
		{ "--x@w.com", "-@w.com", "one-x@d.com" },
		{ "a+b-c@w.com", "a+b@w.com", "ab-c@d.com" },
	};
	static const struct lookup_case off[] = {
		{ "bob@w.com", "bob@w.com", "new@d.com" },
		{ "bob+x@w.com", NULL, NULL },
		{ "bob-x@w.com", NULL, NULL },
		{ "a+b@w.com", "a+b@w.com", "ab@d.com" },
	};
	static const struct lookup_case first[] = {
		{ "a+b@w.com", "a+b@w.com", "ab@d.com" },
		/* split once, at the first: a+b+c is not a+b */
		{ "a+b+c@w.com", NULL, NULL },
		{ "+bob+x@w.com", NULL, NULL },
	};

	static const struct lookup_case both[] = {
		{ "bob-x+y@w.com", "bob@w.com", "new-x+y@d.com" },
		{ "bob+X-y@w.com", "bob@w.com", "new+X-y@d.com" },
		{ "-bob+x@w.com", "-bob@w.com", "minus+x@d.com" },
		{ "a+b@w.com", "a+b@w.com", "ab@d.com" },
		{ "a+b-c@w.com", NULL, NULL },
	};

	(void)state;
	CHECK(rules, RULE_INBOUND, "+-", both);
	CHECK(rules, RULE_INBOUND, "-+", both);
	CHECK(rules, RULE_INBOUND, "-", minus);
	CHECK(rules, RULE_INBOUND, "", off);
	CHECK(rules, RULE_INBOUND, "+", first);
}

/* The name is looked up, and the tag is put before each result again. */
static void test_batv(void **state)
{
#define PRVS "prvs=0987654321="
#define BTV1 "btv1==0a1b2c3d4e5=="
	static const char rules[] = "in bob@w.com;bob.owen@d.com\n"
				    "in team@w.com;a@d.com,\"b c\"@e.com\n"
				    "in kept@w.com;kept@w.com\n"
				    "in \"j d\"@w.com;jd@d.com\n"
				    "in @w.com;@old.com\n"
				    "in @all.com;all@d.com\n"
				    "in @both.com;@one.com,all@two.com\n"
				    "in @*.w.com;@sub.com\n"
				    "in vip+x@w.com;vip@d.com\n"
				    "in " PRVS "own@w.com;own@d.com\n"
				    "in own@w.com;other@d.com\n"
				    "in @keep.com;@keep.com\n";
	static const struct lookup_case rows[] = {
		{ PRVS "bob@w.com", "bob@w.com", PRVS "bob.owen@d.com" },
		{ "PRVS=098765432A=Bob@w.com", "bob@w.com",
			"PRVS=098765432A=bob.owen@d.com" },
		{ BTV1 "bob@w.com", "bob@w.com", BTV1 "bob.owen@d.com" },
		{ BTV1 PRVS "bob@w.com", "bob@w.com",
			BTV1 PRVS "bob.owen@d.com" },
		{ PRVS "bob+News@w.com", "bob@w.com",
			PRVS "bob.owen+News@d.com" },
		{ PRVS "team+x@w.com", "team@w.com",
			PRVS "a+x@d.com,\"" PRVS "b c+x\"@e.com" },
		{ "\"" PRVS "j d\"@w.com", "j d@w.com", PRVS "jd@d.com" },
		{ PRVS "vip+x@w.com", "vip+x@w.com", PRVS "vip@d.com" },
		{ PRVS "kept@w.com", "kept@w.com", NULL },
		{ PRVS "kept+x@w.com", "kept@w.com", NULL },
		{ PRVS "eve@w.com", "@w.com", PRVS "eve@old.com" },
		{ PRVS "eve@a.w.com", "@*.w.com", PRVS "eve@sub.com" },
		{ PRVS "eve@all.com", "@all.com", "all@d.com" },
		{ PRVS "eve@both.com", "@both.com",
			PRVS "eve@one.com,all@two.com" },
		{ PRVS "eve@keep.com", "@keep.com", NULL },
		/* a rule for the address with this very tag */
		{ PRVS "own@w.com", PRVS "own@w.com", "own@d.com" },
		{ "prvs=1987654321=own@w.com", "own@w.com",
			"prvs=1987654321=other@d.com" },
		/* no tags */
		{ "prvs=098765432=bob@w.com", "@w.com",
			"prvs=098765432=bob@old.com" },
		{ PRVS "@w.com", "@w.com", PRVS "@old.com" },
		{ PRVS "bob@q.com", NULL, NULL },
	};

	(void)state;
	CHECK(rules, RULE_INBOUND, "+", rows);
	/* set aside before an extension is looked for */
	CHECK(rules, RULE_INBOUND, "=+", rows);
}

static void test_idna(void **state)
{
	static const char rules[] = "in bob@" BUECHER ";b@d.com\n"
				    "in @xn--bcher-kva.example;@d.com\n"
				    "in @*." BUECHER ";@sub.d.com\n"
				    u8"in jörg@w.com;j@d.com\n";
	static const struct lookup_case rows[] = {
		{ u8"bob@BÜCHER.example", "bob@xn--bcher-kva.example",
			"b@d.com" },
		{ "bob@xn--bcher-kva.example", "bob@xn--bcher-kva.example",
			"b@d.com" },
		{ "BOB@XN--BCHER-KVA.EXAMPLE.", "bob@xn--bcher-kva.example",
			"b@d.com" },
		{ "x@" BUECHER, "@xn--bcher-kva.example", "x@d.com" },
		{ "x@a." BUECHER, "@*.xn--bcher-kva.example", "x@sub.d.com" },
		{ u8"x@ü." BUECHER, "@*.xn--bcher-kva.example", "x@sub.d.com" },
		{ u8"JÖRG@w.com", u8"jörg@w.com", "j@d.com" },
		{ u8"jo\u0308rg+x@w.com", u8"jörg@w.com", "j+x@d.com" },
		{ "jorg@w.com", NULL, NULL },
	};

	(void)state;
	CHECK(rules, RULE_INBOUND, "+", rows);
}

/* An address that is too long for a key still has a name and a domain. */
static void test_too_long_for_a_key(void **state)
{
	static const char rules[] =
		"in bob@w.com;new@d.com\nin @w.com;@old.com\n";
	struct map *map = testmap_open(rules);
	struct map_reader *reader;
	struct lookup lookup;
	struct mailbox mailbox;
	char address[600];

	(void)state;
	assert_int_equal(map_reader_open(&reader, map), 0);
	for (int len = 490; len <= 508; len++) {
		for (int i = 0; i < 2; i++) {
			(void)snprintf(address, sizeof address, "%s%0*d@w.com",
				i ? "bob+" : "dora", len, 0);
			assert_int_equal(address_parse(address, strlen(address),
						 &mailbox, NULL),
				0);
			assert_int_equal(lookup_find(reader, RULE_INBOUND,
						 &mailbox, &plus, &lookup),
				1);
			assert_bytes(address,
				(struct bytes){ lookup.key, lookup.key_len },
				i ? "bob@w.com" : "@w.com");
			assert_int_equal(lookup.address_len,
				len + 4 + 6 <= ADDRESS_KEY_MAX ? len + 10 : 0);
		}
	}
	map_reader_close(reader);
	map_close(map);
}

/* A domain without an A-label form has no rule; that is no error. */
static void test_no_key(void **state)
{
	struct map *map = testmap_open("in @w.com;@d.com\n");
	struct map_reader *reader;
	struct lookup lookup;
	struct mailbox mailbox = { .local = "a", .local_len = 1 };
	char domain[300];

	(void)state;
	assert_int_equal(map_reader_open(&reader, map), 0);
	memset(domain, 'a', sizeof domain);
	memcpy(mailbox.domain, domain, sizeof domain);
	mailbox.domain_len = sizeof domain;
	assert_int_equal(
		lookup_find(reader, RULE_INBOUND, &mailbox, &plus, &lookup), 0);
	memcpy(mailbox.domain, u8"\u202e.com", 7);
	mailbox.domain_len = 7;
	assert_int_equal(
		lookup_find(reader, RULE_INBOUND, &mailbox, &plus, &lookup), 0);
	map_reader_close(reader);
	map_close(map);
}

/* The longest address that has a key, with each target that is allowed. The
 * caller must get an answer that it can use, never "the map is damaged". */
static void test_long_extension(void **state)
{
	char rules[600];
	char address[600];
	char local[ADDRESS_LOCAL_MAX + 1];
	struct map *map;
	struct map_reader *reader;
	struct mailbox mailbox;
	struct lookup lookup;
	struct lookup_target target;

	(void)state;
	memset(local, 'l', sizeof local);
	local[ADDRESS_LOCAL_MAX] = '\0';
	(void)snprintf(rules, sizeof rules, "in b@w.co;%s@d.com\n", local);
	map = testmap_open(rules);
	assert_int_equal(map_reader_open(&reader, map), 0);
	for (int len = 1; len <= 503; len++) {
		struct bytes rest;

		(void)snprintf(address, sizeof address, "b+%0*d@w.co", len, 0);
		assert_int_equal(
			address_parse(address, strlen(address), &mailbox, NULL),
			0);
		assert_int_equal(lookup_find(reader, RULE_INBOUND, &mailbox,
					 &plus, &lookup),
			1);
		assert_int_equal(lookup.extension.len, len + 1);
		rest = lookup.targets;
		assert_int_equal(
			lookup_next(&lookup, &mailbox, &rest, &target), 1);
		assert_int_equal(target.too_long,
			64 + (size_t)len + 1 >= sizeof target.mailbox.local);
		if (!target.too_long)
			assert_int_equal(
				target.mailbox.local_len, 64 + (size_t)len + 1);
		assert_int_equal(
			lookup_next(&lookup, &mailbox, &rest, &target), 0);
	}
	map_reader_close(reader);
	map_close(map);
}

/* A value that rule_make() never writes is an error, not an answer. */
static void test_damaged_targets(void **state)
{
	static const char *const damaged[] = { "bob", "@", "a@b,,c@d",
		"\xff@a" };

	(void)state;
	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
		struct lookup lookup = { .kind = RULE_USER,
			.targets = bytes_of(damaged[i]) };
		struct bytes rest = lookup.targets;
		struct lookup_target target;
		struct mailbox mailbox;
		int result;

		assert_int_equal(address_parse("a@b", 3, &mailbox, NULL), 0);
		do
			result = lookup_next(&lookup, &mailbox, &rest, &target);
		while (result == 1);
		assert_int_equal(result, ERR_BAD);
	}
}

static void test_keeps_local(void **state)
{
	struct map *map = testmap_open("in @w.com;@d.com,all@d.com\n");
	struct map_reader *reader;
	struct mailbox mailbox;
	struct lookup lookup;
	struct lookup_target target;
	struct bytes rest;

	(void)state;
	assert_int_equal(map_reader_open(&reader, map), 0);
	assert_int_equal(address_parse("a@w.com", 7, &mailbox, NULL), 0);
	assert_int_equal(
		lookup_find(reader, RULE_INBOUND, &mailbox, &plus, &lookup), 1);
	rest = lookup.targets;
	assert_int_equal(lookup_next(&lookup, &mailbox, &rest, &target), 1);
	assert_true(target.keeps_local);
	assert_int_equal(lookup_next(&lookup, &mailbox, &rest, &target), 1);
	assert_false(target.keeps_local);
	map_reader_close(reader);
	map_close(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_tables_are_apart),
		cmocka_unit_test(test_one_to_many),
		cmocka_unit_test(test_delimiters),
		cmocka_unit_test(test_batv),
		cmocka_unit_test(test_idna),
		cmocka_unit_test(test_no_key),
		cmocka_unit_test(test_too_long_for_a_key),
		cmocka_unit_test(test_long_extension),
		cmocka_unit_test(test_damaged_targets),
		cmocka_unit_test(test_keeps_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

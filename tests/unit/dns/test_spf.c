/*
 * SPF records: every mechanism, modifier and macro of RFC 7208, its limits, and
 * what is no record.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dns/spf.h"
#include "dns/spfterm.h"
#include "kit/dnszone.h"

#define V4 "192.0.2.1"
#define V6 "2001:db8::cb01"

/* What the records of the tests below lead to. */
#define WORLD                                                                  \
	"a.example 60 A 192.0.2.1\n"                                           \
	"a.example 60 AAAA 2001:db8::cb01\n"                                   \
	"near.example 60 A 192.0.2.200\n"                                      \
	"mx.example 60 MX 10 a.example\n"                                      \
	"empty.example 60 NS ns.example\n"                                     \
	"pass.example 60 TXT v=spf1 ip4:192.0.2.1 -all\n"                      \
	"no.example 60 TXT v=spf1 -all\n"                                      \
	"maybe.example 60 TXT v=spf1 ~all\n"                                   \
	"plain.example 60 TXT nothing\n"                                       \
	"broken.example 60 TXT v=spf1 ip4:x -all\n"                            \
	"dead.example 60 DEAD *\n"                                             \
	"1.2.0.192.in-addr.arpa 60 PTR host.a.example\n"                       \
	"host.a.example 60 A 192.0.2.1\n"                                      \
	"1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"      \
	".ip6.arpa 60 PTR six.example\n"                                       \
	"six.example 60 AAAA 2001:db8::cb01\n"                                 \
	"deep1.example 60 TXT v=spf1 include:deep2.example -all\n"             \
	"deep2.example 60 TXT v=spf1 include:pass.example -all\n"              \
	"selfish.example 60 TXT v=spf1 include:selfish.example -all\n"         \
	"192.0.2.1.ok.example 60 A 127.0.0.2\n"                                \
	"postmaster._.x.example.spf.example 60 A 127.0.0.2\n"                  \
	"nine.example 60 TXT v=spf1 a:a.example a:a.example a:a.example "      \
	"a:a.example a:a.example a:a.example a:a.example a:a.example "         \
	"a:a.example -all\n"                                                   \
	"many.example 60 MX 1 m1.example\n"                                    \
	"many.example 60 MX 2 m2.example\n"                                    \
	"many.example 60 MX 3 m3.example\n"                                    \
	"many.example 60 MX 4 m4.example\n"                                    \
	"many.example 60 MX 5 m5.example\n"                                    \
	"many.example 60 MX 6 m6.example\n"                                    \
	"many.example 60 MX 7 m7.example\n"                                    \
	"many.example 60 MX 8 m8.example\n"                                    \
	"many.example 60 MX 9 m9.example\n"                                    \
	"many.example 60 MX 10 m10.example\n"                                  \
	"many.example 60 MX 11 a.example\n"

struct check {
	struct arena *arena;
	struct spf spf;
	char text[8192];
	struct dnszone zone;
	struct reply_source source;
};

/* Evaluates the record of x.example for a client. */
static void evaluate(
	struct check *check, const char *record, const char *address)
{
	(void)snprintf(check->text, sizeof check->text, "%s%s%s%s", WORLD,
		record ? "x.example 60 TXT " : "", record ? record : "",
		record ? "\n" : "");
	check->zone = (struct dnszone){ check->text, false };
	check->source =
		(struct reply_source){ dnszone_ask, &check->zone, NULL };
	check->arena = arena_open((size_t)8 << 20);
	assert_non_null(check->arena);
	check->spf = (struct spf){ .source = &check->source,
		.arena = check->arena,
		.domain = "x.example",
		.address = address,
		.helo = "relay.example" };
	assert_int_equal(spf_check(&check->spf), 0);
}

static const struct {
	const char *record;
	const char *address;
	enum spf_result result;
	const char *reason; /* a part of it; NULL: any */
} results[] = {
	{ NULL, V4, SPF_NONE, NULL },
	{ "v=spf10 -all", V4, SPF_NONE, NULL },
	{ "v=spf1-all", V4, SPF_NONE, NULL },
	{ " v=spf1 -all", V4, SPF_NONE, NULL },
	{ "v=spf1\t-all", V4, SPF_NONE, NULL },
	{ "V=SPF1 -ALL", V4, SPF_FAIL, "-ALL" },
	{ "v=spf1", V4, SPF_NEUTRAL, "nothing" },
	{ "v=spf1 ", V4, SPF_NEUTRAL, "nothing" },
	{ "v=spf1   +all", V4, SPF_PASS, "+all" },
	{ "v=spf1 all", V4, SPF_PASS, "all" },
	{ "v=spf1 ~all", V4, SPF_SOFTFAIL, "~all" },
	{ "v=spf1 ?all", V4, SPF_NEUTRAL, "?all" },
	/* ip4 and ip6 */
	{ "v=spf1 ip4:192.0.2.1 -all", V4, SPF_PASS, "ip4:192.0.2.1" },
	{ "v=spf1 ip4:192.0.2.2 -all", V4, SPF_FAIL, NULL },
	{ "v=spf1 ip4:192.0.2.77/24 -all", V4, SPF_PASS, NULL },
	{ "v=spf1 ip4:192.0.2.2/31 -all", V4, SPF_FAIL, NULL },
	{ "v=spf1 ip4:192.0.2.0/31 -all", V4, SPF_PASS, NULL },
	{ "v=spf1 ip4:1.2.3.4/0 -all", V4, SPF_PASS, NULL },
	{ "v=spf1 -ip4:192.0.2.1 +all", V4, SPF_FAIL, NULL },
	{ "v=spf1 ip4:192.0.2.1 -all", V6, SPF_FAIL, NULL },
	{ "v=spf1 ip6:2001:db8::/32 -all", V6, SPF_PASS, NULL },
	{ "v=spf1 ip6:2001:DB8::CB01 -all", V6, SPF_PASS, NULL },
	{ "v=spf1 ip6:2001:db8::/32 -all", V4, SPF_FAIL, NULL },
	{ "v=spf1 ip6:::1/0 -all", V6, SPF_PASS, NULL },
	/* a */
	{ "v=spf1 a:a.example -all", V4, SPF_PASS, NULL },
	{ "v=spf1 a:a.example -all", V6, SPF_PASS, NULL },
	{ "v=spf1 a:near.example -all", V4, SPF_FAIL, NULL },
	{ "v=spf1 a:near.example/24 -all", V4, SPF_PASS, NULL },
	{ "v=spf1 a:near.example/24//64 -all", V4, SPF_PASS, NULL },
	{ "v=spf1 a:near.example//24 -all", V4, SPF_FAIL, NULL },
	{ "v=spf1 a:a.example//32 -all", "2001:db8::1", SPF_PASS, NULL },
	{ "v=spf1 a -all", V4, SPF_FAIL, NULL },
	{ "v=spf1 a/24 -all", V4, SPF_FAIL, NULL },
	/* mx */
	{ "v=spf1 mx:mx.example -all", V4, SPF_PASS, NULL },
	{ "v=spf1 mx:mx.example -all", V6, SPF_PASS, NULL },
	{ "v=spf1 mx:mx.example/24 -all", "192.0.2.9", SPF_PASS, NULL },
	{ "v=spf1 mx:a.example -all", V4, SPF_FAIL, NULL },
	{ "v=spf1 mx:many.example -all", V4, SPF_PERMERROR,
		"more than 10 MX records" },
	/* ptr */
	{ "v=spf1 ptr:a.example -all", V4, SPF_PASS, NULL },
	{ "v=spf1 ptr:host.a.example -all", V4, SPF_PASS, NULL },
	{ "v=spf1 ptr:t.a.example -all", V4, SPF_FAIL, NULL },
	{ "v=spf1 ptr:example -all", V4, SPF_PERMERROR, "syntax" },
	{ "v=spf1 ptr:six.example -all", V6, SPF_PASS, NULL },
	{ "v=spf1 ptr -all", V4, SPF_FAIL, NULL },
	/* exists and macros */
	{ "v=spf1 exists:%{i}.ok.example -all", V4, SPF_PASS, NULL },
	{ "v=spf1 exists:%{ir}.ok.example -all", V4, SPF_FAIL, NULL },
	{ "v=spf1 exists:%{l}._.%{d}.spf.example -all", V4, SPF_PASS, NULL },
	{ "v=spf1 exists:%{l}._.%{o}.spf.example -all", V4, SPF_PASS, NULL },
	{ "v=spf1 a:%{p} -all", V4, SPF_PASS, NULL },
	{ "v=spf1 a:%{p2} -all", V4, SPF_PASS, NULL },
	{ "v=spf1 exists:%{x}.example -all", V4, SPF_PERMERROR, "syntax" },
	{ "v=spf1 exists:%{c}.example -all", V4, SPF_PERMERROR, "syntax" },
	{ "v=spf1 exists:%(d).example -all", V4, SPF_PERMERROR, "syntax" },
	{ "v=spf1 exists:%{d.example -all", V4, SPF_PERMERROR, "syntax" },
	{ "v=spf1 exists:%{d0}.example -all", V4, SPF_PERMERROR, "syntax" },
	/* include */
	{ "v=spf1 include:pass.example -all", V4, SPF_PASS, NULL },
	{ "v=spf1 -include:pass.example +all", V4, SPF_FAIL, NULL },
	{ "v=spf1 include:no.example ?all", V4, SPF_NEUTRAL, NULL },
	{ "v=spf1 include:maybe.example -all", V4, SPF_FAIL, NULL },
	{ "v=spf1 include:deep1.example -all", V4, SPF_PASS, NULL },
	{ "v=spf1 include:plain.example -all", V4, SPF_PERMERROR,
		"plain.example has no SPF record" },
	{ "v=spf1 include:none.example -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 include:broken.example -all", V4, SPF_PERMERROR,
		"\"ip4:x\" is a syntax error" },
	{ "v=spf1 include:selfish.example -all", V4, SPF_PERMERROR,
		"more than 10 look-ups" },
	{ "v=spf1 include:dead.example -all", V4, SPF_TEMPERROR,
		"dead.example TXT" },
	/* redirect and exp */
	{ "v=spf1 redirect=pass.example", V4, SPF_PASS, NULL },
	{ "v=spf1 redirect=no.example", V4, SPF_FAIL, NULL },
	{ "v=spf1 redirect=plain.example", V4, SPF_PERMERROR, "plain" },
	{ "v=spf1 redirect=none.example ip4:192.0.2.1 -all", V4, SPF_PASS,
		NULL },
	{ "v=spf1 redirect=no.example redirect=no.example", V4, SPF_PERMERROR,
		"there twice" },
	{ "v=spf1 exp=a.example exp=a.example -all", V4, SPF_PERMERROR,
		"there twice" },
	{ "v=spf1 exp=no-such.example -all", V4, SPF_FAIL, NULL },
	{ "v=spf1 foo=bar ra=%{d} -all", V4, SPF_FAIL, NULL },
	{ "v=spf1 foo=%x -all", V4, SPF_PERMERROR, "syntax" },
	/* What stands behind "all" is not looked at, but read. */
	{ "v=spf1 -all include:none.example", V4, SPF_FAIL, NULL },
	{ "v=spf1 -all ip5:1", V4, SPF_PERMERROR, "\"ip5:1\"" },
	/* What stands behind a match is looked at: others come that far. */
	{ "v=spf1 ip4:192.0.2.1 include:none.example -all", V4, SPF_PERMERROR,
		NULL },
	{ "v=spf1 ip4:192.0.2.1 redirect=none.example", V4, SPF_PERMERROR,
		NULL },
	{ "v=spf1 ip4:192.0.2.1 redirect=no.example", V4, SPF_PASS, NULL },
	{ "v=spf1 ip4:192.0.2.1 a:dead.example -all", V4, SPF_TEMPERROR,
		"dead.example A" },
	{ "v=spf1 ip4:192.0.2.1 mx:dead.example -all", V4, SPF_TEMPERROR,
		"dead.example MX" },
	{ "v=spf1 exists:dead.example -all", V4, SPF_TEMPERROR, NULL },
	/* A client whose name is not answered has none. */
	{ "v=spf1 ptr:dead.example -all", V4, SPF_FAIL, NULL },
	/* limits */
	{ "v=spf1 include:nine.example -all", V4, SPF_PASS, NULL },
	{ "v=spf1 include:nine.example a:a.example -all", V4, SPF_PERMERROR,
		"more than 10 look-ups" },
	{ "v=spf1 a:no1.example a:no2.example +all", V4, SPF_PASS, NULL },
	{ "v=spf1 a:no1.example a:empty.example exists:no3.example +all", V4,
		SPF_PERMERROR, "more than 2 of its look-ups bring nothing" },
	{ "v=spf1 mx:no1.example mx:no2.example mx:no3.example +all", V4,
		SPF_PERMERROR, "bring nothing" },
	/* syntax */
	{ "v=spf1 ip4 -all", V4, SPF_PERMERROR, "\"ip4\"" },
	{ "v=spf1 ip4: -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 ip4:192.0.2 -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 ip4:192.0.2.1/33 -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 ip4:192.0.2.1/08 -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 ip4:192.0.2.1/ -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 ip4:2001:db8::1 -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 ip6:192.0.2.1 -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 ip6:::1/129 -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 include -all", V4, SPF_PERMERROR, "\"include\"" },
	{ "v=spf1 include: -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 exists -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 all:a.example", V4, SPF_PERMERROR, "\"all:a.example\"" },
	{ "v=spf1 all/8", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 a:a.example/33 -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 a:a.example//129 -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 a: -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 a:123 -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 a:a.123 -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 a:a.-x -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 redirect= -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 -", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 --all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 -all.", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 a.example -all", V4, SPF_PERMERROR, NULL },
	{ "v=spf1 moo -all", V4, SPF_PERMERROR, "\"moo\"" },
	{ "v=spf1 -all\t", V4, SPF_PERMERROR, NULL },
};

static void test_results(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
		struct check check;

		evaluate(&check, results[i].record, results[i].address);
		if (check.spf.result != results[i].result ||
			(results[i].reason &&
				(!check.spf.reason ||
					!strstr(check.spf.reason,
						results[i].reason))))
			fail_msg("\"%s\" for %s: found %s (%s), expected %s "
				 "(%s)",
				results[i].record ? results[i].record : "",
				results[i].address,
				spf_result_name(check.spf.result),
				check.spf.reason ? check.spf.reason : "",
				spf_result_name(results[i].result),
				results[i].reason ? results[i].reason : "any");
		arena_close(check.arena);
	}
}

static void test_two_records(void **state)
{
	struct check check;

	(void)state;
	evaluate(&check,
		"v=spf1 -all\nx.example 60 TXT v=spf1 ip4:192.0.2.1 -all", V4);
	assert_int_equal(check.spf.result, SPF_PERMERROR);
	assert_string_equal(check.spf.reason, "x.example has 2 SPF records");
	arena_close(check.arena);
	/* Other TXT records beside it do not count. */
	evaluate(&check, "v=spf1 all\nx.example 60 TXT v=spf2.0/pra -all", V4);
	assert_int_equal(check.spf.result, SPF_PASS);
	arena_close(check.arena);
}

static void test_counts(void **state)
{
	struct check check;

	(void)state;
	evaluate(&check,
		"v=spf1 ip4:192.0.2.1 include:deep1.example a "
		"mx:mx.example redirect=pass.example",
		V4);
	assert_int_equal(check.spf.result, SPF_PASS);
	assert_int_equal(check.spf.lookups, 6);
	assert_int_equal(check.spf.voids, 1);
	arena_close(check.arena);
}

#define LABEL "0123456789012345678901234567890123456789012345678."

/* The examples of RFC 7208 section 7.4, and what section 7.3 says of %%, %_,
 * %- and long names. */
static const struct {
	const char *text;
	const char *address;
	const char *expanded; /* NULL: it cannot be a name */
} macros[] = {
	{ "%{s}", V4, "strong-bad@email.example.com" },
	{ "%{o}", V4, "email.example.com" },
	{ "%{d}", V4, "email.example.com" },
	{ "%{d4}", V4, "email.example.com" },
	{ "%{d3}", V4, "email.example.com" },
	{ "%{d2}", V4, "example.com" },
	{ "%{d1}", V4, "com" },
	{ "%{dr}", V4, "com.example.email" },
	{ "%{d2r}", V4, "example.email" },
	{ "%{l}", V4, "strong-bad" },
	{ "%{l-}", V4, "strong.bad" },
	{ "%{lr}", V4, "strong-bad" },
	{ "%{lr-}", V4, "bad.strong" },
	{ "%{l1r-}", V4, "strong" },
	{ "%{ir}.%{v}._spf.%{d2}", "192.0.2.3",
		"3.2.0.192.in-addr._spf.example.com" },
	{ "%{lr-}.lp._spf.%{d2}", V4, "bad.strong.lp._spf.example.com" },
	{ "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "192.0.2.3",
		"bad.strong.lp.3.2.0.192.in-addr._spf.example.com" },
	{ "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "192.0.2.3",
		"3.2.0.192.in-addr.strong.lp._spf.example.com" },
	{ "%{d2}.trusted-domains.example.net", V4,
		"example.com.trusted-domains.example.net" },
	{ "%{ir}.%{v}._spf.%{d2}", V6,
		"1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0."
		"2.ip6._spf.example.com" },
	{ "%{h}", V4, "relay.example" },
	{ "%{p}", V4, "unknown" },
	{ "a%%b%_c%-d.example", V4, "a%b c%20d.example" },
	{ "%{S}", V4, "strong-bad%40email.example.com" },
	{ "%{D2}", V4, "example.com" },
	{ "a.example.", V4, "a.example" },
	{ LABEL LABEL LABEL LABEL LABEL LABEL "abcde", V4,
		LABEL LABEL LABEL LABEL "abcde" },
	{ "", V4, NULL },
	{ "%{d", V4, NULL },
	{ "%", V4, NULL },
};

static void test_macros(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof macros / sizeof *macros; i++) {
		struct spfterm_macros values = { "strong-bad",
			"email.example.com", "email.example.com",
			macros[i].address, "relay.example", NULL };
		size_t len = strlen(macros[i].text);
		/* A block of exact size, so that reads beyond its end show. */
		char *block = malloc(len ? len : 1);
		char name[SPFTERM_NAME_MAX];
		bool made;

		assert_non_null(block);
		memcpy(block, macros[i].text, len);
		made = spfterm_expand(
			(struct bytes){ block, len }, &values, name);
		if (made != (macros[i].expanded != NULL) ||
			(made && strcmp(name, macros[i].expanded) != 0))
			fail_msg("%s: found %s, expected %s", macros[i].text,
				made ? name : "nothing",
				macros[i].expanded ? macros[i].expanded
						   : "nothing");
		free(block);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_two_records),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_macros),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Each check of dns: one thing is broken in the zone of a domain that is set up
 * well, that check names it, and no other does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dns/dns.h"
#include "kit/dnszone.h"

#define DAY INT64_C(86400)
#define NOW (100 * DAY)

/* The lines of the good zone: those that a test does not break. */
static const char *const good[] = {
	"a.example 3600 NS ns.example",
	"ns.example 3600 A 192.0.2.53",
	"@192.0.2.53 a.example 3600 MX 10 relay.example",
	"relay.example 3600 A 192.0.2.1",
	"relay.example 3600 AAAA 2001:db8::1",
	"a.example 3600 TXT v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all",
	"_dmarc.a.example 3600 TXT v=DMARC1; p=none",
	"1.2.0.192.in-addr.arpa 60 PTR relay.example",
	("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"
	 ".ip6.arpa 60 PTR relay.example"),
	"new.example 60 MX 10 mx.new.example",
	"mx.new.example 60 A 192.0.2.99",
};

/* What was seen before, if it was not what is there now. */
static const struct observation_server was_old = { "192.0.2.53",
	"10:old.example", 3600 };
static const struct observation before = { 10 * DAY, "ns.example", 3600,
	&was_old, 1 };

struct world {
	const char *without; /* lines of the good zone that begin so go */
	const char *with;    /* lines that come */
	enum route_role role;
	const char *sts; /* the policy of MTA-STS; NULL: none can be fetched */
	int key;	 /* what has_key() says */
	enum { THE_SAME, NOTHING, OLD } before; /* what was seen */
	bool nexthop;				/* of the target domain */
	bool only;  /* one server answers everything */
	bool cache; /* and it is no server of the zone */
};

struct findings {
	char text[8192]; /* "FAIL mx: ...", a line each */
	char remedy[2048];
	const char *last;
	size_t count[DIAGNOSIS_LEVELS];
	bool unanswered;
};

static int note(void *context, const struct diagnosis_finding *finding)
{
	struct findings *findings = context;
	size_t used = strlen(findings->text);

	/* A check that found something does not say PASS, too. */
	if (findings->last && finding->level == DIAGNOSIS_PASS)
		assert_string_not_equal(findings->last, finding->id);
	findings->last = finding->id;
	findings->count[finding->level]++;
	assert_true(*finding->found);
	if (finding->level == DIAGNOSIS_PASS)
		return 0;
	(void)snprintf(findings->text + used, sizeof findings->text - used,
		"%s %s: %s\n", diagnosis_level_name(finding->level),
		finding->id, finding->found);
	if (finding->level != DIAGNOSIS_SKIP) {
		assert_true(*finding->why);
		(void)snprintf(findings->remedy, sizeof findings->remedy, "%s",
			finding->remedy);
	}
	return 0;
}

static int fetch(void *context, struct arena *arena, const char *host,
	const char *path, const struct reply *addresses,
	struct survey_document *document)
{
	const struct world *world = context;

	(void)arena;
	assert_string_equal(host, "mta-sts.a.example");
	assert_string_equal(path, ".well-known/mta-sts.txt");
	assert_int_equal(addresses->count, 1);
	*document = (struct survey_document){ bytes_of(world->sts),
		world->sts ? NULL : "Connection refused" };
	return 0;
}

static int has_key(void *context, struct bytes tlsa)
{
	const struct world *world = context;

	assert_int_equal(tlsa.len, 5);
	assert_memory_equal(tlsa.data, "\3\1\1\xab\xcd", 5);
	return world->key;
}

static bool is_in(const char *line, const char *lines)
{
	struct bytes rest = bytes_of(lines);

	while (rest.len) {
		struct bytes one = bytes_cut(&rest, '\n');

		if (one.len && one.len <= strlen(line) &&
			!memcmp(line, one.data, one.len))
			return true;
	}
	return false;
}

static void run(const struct world *world, struct findings *findings)
{
	static const char *const hosts[] = { "relay.example" };
	static const char *const addresses[] = { "192.0.2.1", "2001:db8::1" };
	static const struct survey_relay relay = { hosts, 1, addresses, 2 };
	struct survey_target target = { "new.example", world->nexthop };
	char text[8192] = "";
	struct dnszone zone = { text, world->cache };
	struct reply_source source = { dnszone_ask, &zone,
		world->only ? "192.0.2.53@53" : NULL };
	struct survey survey = {
		.source = &source,
		.relay = &relay,
		.domain = "a.example",
		.role = world->role,
		.targets = &target,
		.target_count = 1,
		.diagnosis.found = note,
		.diagnosis.context = findings,
		.fetch = fetch,
		.has_key = has_key,
		.tool_context = (void *)(uintptr_t)world,
		.diagnosis.arena = arena_open((size_t)8 << 20),
	};
	struct observation first = before;
	struct observation made;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!world->without || !is_in(good[i], world->without)) {
			(void)strcat(text, good[i]);
			(void)strcat(text, "\n");
		}
	if (world->with)
		(void)strcat(text, world->with);
	assert_non_null(survey.diagnosis.arena);
	*findings = (struct findings){ .unanswered = false };
	if (world->before == THE_SAME)
		assert_int_equal(dns_run(&survey, 10 * DAY, &first), 0);
	*findings = (struct findings){ .unanswered = false };
	survey.list = &first;
	survey.count = world->before != NOTHING && first.count;
	assert_int_equal(dns_run(&survey, NOW, &made), 0);
	findings->unanswered = survey.unanswered;
	arena_close(survey.diagnosis.arena);
}

static void test_good(void **state)
{
	struct findings findings;

	(void)state;
	run(&(struct world){ .key = 1 }, &findings);
	assert_string_equal(findings.text, "");
	assert_int_equal(findings.count[DIAGNOSIS_PASS], 13);
	assert_false(findings.unanswered);
	for (size_t i = 0; i < 13; i++)
		assert_non_null(dns_check_name(i));
	assert_null(dns_check_name(13));
}

#define MX "@192.0.2.53 a.example 3600 MX "
#define STS_TXT                                                                \
	"_mta-sts.a.example 60 TXT v=STSv1; id=1\n"                            \
	"mta-sts.a.example 60 A 192.0.2.80\n"
#define STS(mode, host)                                                        \
	"version: STSv1\nmode: " mode "\nmx: " host "\nmax_age: 86400\n"
#define TLSA "_25._tcp.relay.example 60 TLSA 030101abcd\n"

/* text: all findings that are no PASS, each a line's beginning. */
static const struct {
	const char *what;
	struct world world;
	const char *text;
	const char *remedy; /* a part of the last one; NULL: any */
} cases[] = {
	/* mx */
	{ "alias",
		{ .without = "relay.example 3600 A",
			.with = "relay.example 60 CNAME r.example\nr.example "
				"60 A 192.0.2.1\n"
				"r.example 60 AAAA 2001:db8::1\n" },
		"FAIL mx: the MX relay.example is an alias (CNAME)\n", NULL },
	{ "address", { .with = MX "20 192.0.2.7\n" },
		"FAIL mx: found the address 192.0.2.7 as MX\n", NULL },
	{ "name without address", { .with = MX "20 x.example\n" },
		"FAIL mx: the MX x.example has no address\n",
		"a.example name a host that has an A" },
	{ "another host, better",
		{ .with = MX "5 new.example\n"
			     "new.example 60 A 192.0.2.99\n" },
		"FAIL mx: new.example is an MX at preference 5, this relay at "
		"10\nWARN role: among the MX records, relay.example is behind "
		"another; the role relay expects it first\n",
		NULL },
	{ "another host, the same", { .with = MX "10 mx.new.example\n" },
		"FAIL mx: mx.new.example is an MX at preference 10, this relay "
		"at 10\n",
		"above 10" },
	{ "another host, worse", { .with = MX "20 mx.new.example\n" }, "",
		NULL },
	{ "another name of this relay",
		{ .with = MX "5 r2.example\n"
			     "r2.example 60 AAAA 2001:db8:0::1\n" },
		"", NULL },
	{ "null MX", { .without = MX "10", .with = MX "0 .\n" },
		"FAIL mx: found a null MX (RFC 7505)\nWARN role: \n", NULL },
	{ "no such domain",
		{ .without = MX "10\na.example 3600\n", .only = true },
		"FAIL mx: the domain does not exist\nWARN role: \n"
		"WARN spf: there is no SPF record\n",
		NULL },
	{ "no MX and no address",
		{ .without = MX "10",
			.with = "@192.0.2.53 a.example 60 NS ns.example\n" },
		"FAIL mx: there is no MX record, and a.example has no address\n"
		"WARN role: \n",
		NULL },
	{ "no MX, but the relay's address",
		{ .without = MX "10",
			.with = "@192.0.2.53 a.example 60 NS ns.example\n"
				"a.example 60 A 192.0.2.1\n" },
		"", NULL },
	/* role */
	{ "not switched",
		{ .without = MX "10", .with = MX "10 mx.new.example\n" },
		"WARN role: among the MX records, relay.example is not listed; "
		"the role relay expects it first (not switched yet?)\n",
		"routes @a.example ROLE" },
	{ "local, not listed",
		{ .without = MX "10",
			.with = MX "10 mx.new.example\n",
			.role = ROUTE_LOCAL },
		"WARN role: among the MX records, relay.example is not listed; "
		"the role local expects it first\n",
		NULL },
	{ "backup behind another",
		{ .with = MX "5 mx.new.example\n", .role = ROUTE_BACKUP }, "",
		NULL },
	{ "backup, but first", { .role = ROUTE_BACKUP },
		"WARN role: among the MX records, relay.example is first; the "
		"role backup expects it behind another\n",
		NULL },
	{ "remote, not listed",
		{ .without = MX "10",
			.with = MX "10 mx.new.example\n",
			.role = ROUTE_REMOTE },
		"", NULL },
	{ "remote, but listed", { .role = ROUTE_REMOTE },
		"WARN role: among the MX records, relay.example is first; the "
		"role remote expects it not listed\n",
		NULL },
	{ "auto", { .role = ROUTE_AUTO }, "", NULL },
	/* ttl, safe-after */
	{ "a long TTL before the switch",
		{ .without = MX "10",
			.with = "@192.0.2.53 a.example 3601 MX 10 old.example\n"
				"old.example 60 A 192.0.2.9\n",
			.before = NOTHING },
		"WARN role: \nWARN ttl: the TTL of the MX records is 3601 s, "
		"expected at most 3600 s\nWARN safe-after: unknown: \n",
		NULL },
	{ "a long TTL before the switch of auto",
		{ .without = MX "10",
			.with = "@192.0.2.53 a.example 7200 MX 10 old.example\n"
				"old.example 60 A 192.0.2.9\n",
			.role = ROUTE_AUTO },
		"WARN ttl: the TTL of the MX records is 7200 s\n", NULL },
	{ "a long TTL where there is no switch",
		{ .without = MX "10",
			.with = "@192.0.2.53 a.example 7200 MX 10 old.example\n"
				"old.example 60 A 192.0.2.9\n",
			.role = ROUTE_REMOTE },
		"", NULL },
	{ "lowered too late",
		{ .without = MX "10",
			.with = "@192.0.2.53 a.example 300 MX 10 old.example\n"
				"old.example 60 A 192.0.2.9\n",
			.before = OLD },
		"WARN role: \nFAIL ttl: the TTL was lowered from 3600 s to 300 "
		"s; a change of the MX records is quick from "
		"1970-04-11T01:00:00Z on\n",
		"before 1970-04-11T01:00:00Z" },
	{ "still low, long after",
		{ .without = MX "10",
			.with = "@192.0.2.53 a.example 3599 MX 10 "
				"relay.example\n" },
		"WARN ttl: the TTL of the MX records is still 3599 s\n",
		"to 86400" },
	{ "just switched", { .before = OLD },
		"WARN safe-after: 1970-04-11T01:00:00Z: until then\n", NULL },
	{ "never seen before", { .before = NOTHING },
		"WARN safe-after: unknown: \n", "Keep the old way open" },
	{ "servers disagree",
		{ .with = "a.example 3600 NS ns2.example\nns2.example 60 A "
			  "192.0.2.54\n"
			  "@192.0.2.54 a.example 3600 MX 10 old.example\n" },
		"WARN safe-after: unknown: the name servers do not answer the "
		"same MX records everywhere yet\n",
		NULL },
	{ "a server is silent",
		{ .with = "a.example 3600 NS ns2.example\nns2.example 60 A "
			  "192.0.2.54\n"
			  "@192.0.2.54 a.example 0 DEAD *\n" },
		"SKIP ttl: the question \"a.example MX\" was not answered: \n"
		"SKIP safe-after: \n",
		NULL },
	{ "all servers are silent",
		{ .without = MX "10",
			.with = "@192.0.2.53 a.example 0 DEAD *\n" },
		"SKIP mx: \nSKIP role: \nSKIP ttl: \nSKIP safe-after: \n"
		"SKIP dane: \n",
		NULL },
	{ "what a cache remembers",
		{ .without = MX "10",
			.only = true,
			.cache = true,
			.with = "a.example 60 MX 10 relay.example\n" },
		"SKIP ttl: 192.0.2.53@53 does not serve the zone\n"
		"SKIP safe-after: \n",
		NULL },
	/* spf */
	{ "no SPF", { .without = "a.example 3600 TXT" },
		"WARN spf: there is no SPF record\n", "add ip4:192.0.2.1" },
	{ "two", { .with = "a.example 60 TXT v=spf1 -all\n" },
		"FAIL spf: receivers cannot use the SPF record: a.example has "
		"2 SPF records\n",
		NULL },
	{ "syntax",
		{ .without = "a.example 3600 TXT",
			.with = "a.example 60 TXT v=spf1 ipv4:192.0.2.1 "
				"-all\n" },
		"FAIL spf: receivers cannot use the SPF record: "
		"\"ipv4:192.0.2.1\" is a syntax error\n",
		NULL },
	{ "without one address",
		{ .without = "a.example 3600 TXT",
			.with = "a.example 60 TXT v=spf1 ip4:192.0.2.1 "
				"-all\n" },
		"FAIL spf: the SPF record says fail for 2001:db8::1 (-all)\n",
		"add ip6:2001:db8::1" },
	{ "SPF is not answered",
		{ .without = "a.example 3600 TXT",
			.with = "a.example 60 TXT v=spf1 include:dead.example "
				"-all\n"
				"dead.example 0 DEAD TXT\n" },
		"SKIP spf: the question \"dead.example TXT\" was not answered: "
		"192.0.2.53@53: timed out\n",
		NULL },
	/* dmarc */
	{ "none", { .without = "_dmarc" },
		"WARN dmarc: there is no DMARC record\n", NULL },
	{ "reject",
		{ .without = "_dmarc",
			.with = "_dmarc.a.example 60 TXT v=DMARC1; p=reject; "
				"adkim=s\n" },
		"WARN dmarc: the policy is reject (_dmarc.a.example), "
		"alignment "
		"strict for DKIM, relaxed for SPF\n",
		"unless-signed" },
	{ "quarantine",
		{ .without = "_dmarc",
			.with = "_dmarc.a.example 60 TXT v=DMARC1; "
				"p=quarantine\n" },
		"WARN dmarc: the policy is quarantine\n", NULL },
	{ "damaged",
		{ .without = "_dmarc",
			.with = "_dmarc.a.example 60 TXT v=DMARC1; "
				"p=everything\n" },
		"WARN dmarc: receivers cannot use the DMARC record\n", NULL },
	{ "two", { .with = "_dmarc.a.example 60 TXT v=DMARC1; p=none\n" },
		"WARN dmarc: receivers cannot use the DMARC record\n", NULL },
	{ "not answered",
		{ .without = "_dmarc",
			.with = "_dmarc.a.example 60 DEAD TXT\n" },
		"SKIP dmarc: the question \"_dmarc.a.example TXT\"\n", NULL },
	/* mta-sts */
	{ "enforce, listed",
		{ .with = STS_TXT, .sts = STS("enforce", "relay.example") }, "",
		NULL },
	{ "enforce, not listed",
		{ .with = STS_TXT, .sts = STS("enforce", "*.a.example") },
		"FAIL mta-sts: the policy has mode enforce and does not list "
		"relay.example\n",
		"\"mx: relay.example\"" },
	{ "enforce in another case, not listed",
		{ .with = STS_TXT, .sts = STS("Enforce", "*.a.example") },
		"FAIL mta-sts: the policy has mode enforce and does not list "
		"relay.example\n",
		"\"mx: relay.example\"" },
	{ "enforce, listed by another name",
		{ .with = STS_TXT MX
			"20 r2.example\nr2.example 60 A 192.0.2.1\n",
			.sts = STS("enforce", "relay.example") },
		"FAIL mta-sts: the policy has mode enforce and does not list "
		"r2.example\n",
		"\"mx: r2.example\"" },
	{ "enforce, listed before the switch",
		{ .without = MX "10",
			.with = STS_TXT MX "10 mx.new.example\n",
			.sts = STS("enforce", "relay.example"),
			.role = ROUTE_REMOTE },
		"", NULL },
	{ "testing, not listed",
		{ .with = STS_TXT, .sts = STS("testing", "*.a.example") }, "",
		NULL },
	{ "cannot be fetched", { .with = STS_TXT },
		"WARN mta-sts: the policy at https://mta-sts.a.example/"
		".well-known/mta-sts.txt cannot be used: Connection refused\n",
		NULL },
	{ "no policy", { .with = STS_TXT, .sts = "<html>" },
		"WARN mta-sts: the policy at https://mta-sts.a.example/"
		".well-known/mta-sts.txt cannot be used: it is no policy\n",
		NULL },
	{ "two records",
		{ .with = STS_TXT "_mta-sts.a.example 60 TXT v=STSv1; id=2\n" },
		"WARN mta-sts: the TXT record _mta-sts.a.example cannot be "
		"used: found several\n",
		NULL },
	{ "not answered", { .with = "_mta-sts.a.example 60 DEAD TXT\n" },
		"SKIP mta-sts: the question \"_mta-sts.a.example TXT\"\n",
		NULL },
	/* tlsrpt */
	{ "reports",
		{ .with = "_smtp._tls.a.example 60 TXT v=TLSRPTv1; "
			  "rua=mailto:x@a.example\n" },
		"", NULL },
	{ "damaged", { .with = "_smtp._tls.a.example 60 TXT v=TLSRPTv1\n" },
		"WARN tlsrpt: the TXT record _smtp._tls.a.example cannot be "
		"used\n",
		NULL },
	/* dane */
	{ "a key", { .with = TLSA, .key = 1 }, "", NULL },
	{ "no such key", { .with = TLSA, .key = 0 },
		"WARN dane: none of the TLSA records of "
		"_25._tcp.relay.example: this host has no such key\n",
		NULL },
	{ "nothing known", { .with = TLSA, .key = -1 },
		"WARN dane: nothing can be said of the TLSA records\n", NULL },
	{ "no such key, before the switch",
		{ .without = MX "10",
			.with = TLSA MX "10 mx.new.example\n",
			.key = 0,
			.role = ROUTE_REMOTE },
		"WARN dane: none of the TLSA records of "
		"_25._tcp.relay.example\n",
		NULL },
	/* ptr, helo */
	{ "no PTR", { .without = "1.2.0.192" },
		"FAIL ptr: 192.0.2.1 has no name (PTR)\n", "relay.example" },
	{ "PTR leads elsewhere",
		{ .without = "1.2.0.192",
			.with = "1.2.0.192.in-addr.arpa 60 PTR new.example\n"
				"new.example 60 A 192.0.2.99\n" },
		"FAIL ptr: 192.0.2.1 has the name new.example, which does not "
		"lead back to it\n",
		NULL },
	{ "PTR is not answered",
		{ .without = "1.2.0.192",
			.with = "1.2.0.192.in-addr.arpa 60 DEAD PTR\n" },
		"SKIP ptr: the question \"1.2.0.192.in-addr.arpa PTR\"\n",
		NULL },
	{ "HELO without address",
		{ .without = "relay.example\n" MX "10\n"
			     "1.2.0.192\n1.0.0.0",
			.with = MX "10 r.example\n"
				   "r.example 60 A 192.0.2.1\nr.example 60 "
				   "AAAA 2001:db8::1\n"
				   "1.2.0.192.in-addr.arpa 60 PTR r.example\n"
				   "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
				   "0.0.0.8.b.d.0.1.0.0"
				   ".2.ip6.arpa 60 PTR r.example\n" },
		"WARN helo: the HELO name relay.example has no address\n",
		NULL },
	/* target-mx, target-mx-loop */
	{ "a target without MX", { .without = "new.example" },
		"FAIL target-mx: the target domain new.example has neither an "
		"MX record nor an address\n",
		"add routes @new.example smtp:[HOST]:25" },
	{ "but with a next hop", { .without = "new.example", .nexthop = true },
		"", NULL },
	{ "but with an address",
		{ .without = "new.example",
			.with = "new.example 60 A 192.0.2.99\n" },
		"", NULL },
	{ "a target with a null MX",
		{ .without = "new.example", .with = "new.example 60 MX 0 .\n" },
		"FAIL target-mx: the target domain new.example has a null MX\n",
		NULL },
	{ "a target that is not answered",
		{ .without = "new.example",
			.with = "new.example 60 DEAD MX\n" },
		"SKIP target-mx: the question \"new.example MX\"\n", NULL },
	{ "a target that leads back",
		{ .without = "new.example",
			.with = "new.example 60 MX 10 relay.example\n" },
		"FAIL target-mx-loop: the MX of the target domain new.example "
		"is this relay\n",
		NULL },
	{ "a target that leads back by its address",
		{ .without = "new.example",
			.with = "new.example 60 A 192.0.2.1\n" },
		"FAIL target-mx-loop: \n", NULL },
	{ "a target that leads back in the end",
		{ .with = "new.example 60 MX 20 relay.example\n" }, "", NULL },
	{ "a target that leads back, with a next hop",
		{ .without = "new.example",
			.with = "new.example 60 MX 10 relay.example\n",
			.nexthop = true },
		"", NULL },
};

/* True if both texts have as many lines, and each begins as the other one
 * says. */
static bool lines_begin(const char *text, const char *beginnings)
{
	struct bytes lines = bytes_of(text);
	struct bytes wanted = bytes_of(beginnings);

	while (lines.len || wanted.len) {
		struct bytes line = bytes_cut(&lines, '\n');
		struct bytes begin = bytes_cut(&wanted, '\n');

		if (!begin.len || begin.len > line.len ||
			memcmp(line.data, begin.data, begin.len) != 0)
			return false;
	}
	return true;
}

static void test_cases(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct findings findings;
		bool skipped;

		run(&cases[i].world, &findings);
		skipped =
			strstr(cases[i].text, "SKIP") && !cases[i].world.cache;
		if (!lines_begin(findings.text, cases[i].text) ||
			findings.unanswered != skipped ||
			(cases[i].remedy &&
				!strstr(findings.remedy, cases[i].remedy))) {
			print_error("%s: found\n%s  do: %s\nexpected\n%s\n",
				cases[i].what, findings.text, findings.remedy,
				cases[i].text);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

/* A clock that was set back: what was seen happened before now all the same. */
static void test_clock_set_back(void **state)
{
	static const char *const hosts[] = { "relay.example" };
	static const struct survey_relay relay = { hosts, 1, NULL, 0 };
	struct dnszone zone = { "a.example 60 NS ns.example\n"
				"ns.example 60 A 192.0.2.53\n" MX
				"10 relay.example\n",
		false };
	struct reply_source source = { dnszone_ask, &zone, NULL };
	struct observation late = before;
	struct findings findings = { .unanswered = false };
	struct survey survey = { .source = &source,
		.relay = &relay,
		.domain = "a.example",
		.list = &late,
		.count = 1,
		.diagnosis.found = note,
		.diagnosis.context = &findings,
		.diagnosis.arena = arena_open((size_t)8 << 20) };
	struct observation made;

	(void)state;
	assert_non_null(survey.diagnosis.arena);
	late.time = NOW + 10 * DAY;
	assert_int_equal(dns_run(&survey, NOW, &made), 0);
	assert_int_equal(survey.count, 2);
	assert_int_equal(survey.list[0].time, NOW);
	assert_int_equal(survey.list[1].time, NOW);
	arena_close(survey.diagnosis.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_clock_set_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

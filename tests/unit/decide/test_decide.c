/* Which parts of a message are rewritten, and what prevents it. */
#include "kit/testdecide.h"
#include "decide/direction.h"

#define RULES                                                                  \
	"in bob@w.com;bob@new.com\n"                                           \
	"in @w.com;@old.com\n"                                                 \
	"in @*.sub.com;@old.com\n"                                             \
	"in user@only.com;user@old.com\n"                                      \
	"in @xn--bcher-kva.example;@old.com\n"                                 \
	"out bob@new.com;bob@w.com\n"                                          \
	"out @old.com;@w.com\n"

#define HEADERS                                                                \
	"From: bob@new.com\n"                                                  \
	"Sender: bob@new.com\n"                                                \
	"To: bob@w.com\n"                                                      \
	"CC: Chloe <chloe@w.com>\n"                                            \
	"Reply-To: bob@new.com\n"                                              \
	"Subject: bob@w.com"

/* The headers and envelope parts that each direction rewrites. */
static void test_what_is_rewritten(void **state)
{
	struct testdecide test = { .rules = RULES,
		.sender = "<bob@new.com>",
		.recipients = "<bob@w.com>\n<x@far.com>",
		.headers = HEADERS };

	(void)state;
	test.direction = DECISION_INBOUND;
	testdecide_check("inbound", test,
		"+bob@new.com ORCPT=rfc822;bob@w.com\n-bob@w.com\n"
		"header2 bob@new.com\nheader3 Chloe <chloe@old.com>\n");
	test.direction = DECISION_OUTBOUND;
	testdecide_check("outbound", test,
		"+bob@new.com ORCPT=rfc822;bob@w.com\n-bob@w.com\n"
		"from bob@w.com\nheader0 bob@w.com\nheader1 bob@w.com\n"
		"header4 bob@w.com\n");
	test.conf = "outbound_route_recipients = false\n";
	testdecide_check("outbound, recipients as they are", test,
		"from bob@w.com\nheader0 bob@w.com\nheader1 bob@w.com\n"
		"header4 bob@w.com\n");
	test.conf = "outbound_headers = {\"From\", \"To\"}\n"
		    "inbound_headers = {\"Subject\"}\n";
	test.recipients = "";
	test.headers = "From: x@old.com\nTo: x@old.com, x@w.com\n"
		       "Reply-To: x@old.com\nSubject: x@w.com";
	testdecide_check("outbound, lists", test,
		"from bob@w.com\nheader0 x@w.com\n"
		"header1 x@w.com, x@w.com\n");
	test.direction = DECISION_INBOUND;
	testdecide_check("inbound, lists", test, "header3 x@old.com\n");
}

/* UTF-8 without SMTPUTF8, and lengths: a header may keep what it has, but a new
 * local part must suit the message. */
static void test_local_parts_in_headers(void **state)
{
#define L70                                                                    \
	"llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll" \
	"ll"
	struct testdecide test = { .rules = "in @w.com;@old.com\n"
					    u8"in m@w.com;mö@old.com\n"
					    "in @all.com;all@old.com\n",
		.recipients = "",
		.headers = u8"To: jörg@w.com, m@w.com, x%y@w.com, "
			   u8"m+ö@w.com, " L70
			   "@w.com, m+" L70 u8"@w.com, jörg@all.com" };

	(void)state;
	testdecide_check("without SMTPUTF8", test,
		u8"header0 jörg@old.com, m@w.com, x%y@old.com, "
		u8"m+ö@w.com, " L70 "@old.com, m+" L70
		"@w.com, all@old.com\n"); /* m is a UTF-8 one in old.com */
	test.smtputf8 = true;
	testdecide_check("with SMTPUTF8", test,
		u8"header0 jörg@old.com, mö@old.com, "
		u8"x%y@old.com, mö+ö@old.com, " L70 u8"@old.com, mö+" L70
		"@old.com, all@old.com\n");
#undef L70
}

/* The limit is 254 bytes for a whole address, in headers, senders and
 * recipients; there is none for the local part. */
static void test_long_local_parts(void **state)
{
	static const char rules[] = "in bob@w.com;bob.owen@old.com\n"
				    "in @w.com;@old.com\n"
				    "out bob@w.com;bob.owen@old.com\n";

	(void)state;
	for (int len = 1; len <= 400; len += 3) {
		/* bob.owen+...@old.com */
		bool fits = 8 + 1 + len + 8 <= 254;
		char sender[500];
		char header[500];
		char edits[1100];

		(void)snprintf(
			sender, sizeof sender, "<bob+%0*d@w.com>", len, 0);
		(void)snprintf(header, sizeof header,
			"From: b <bob+%0*d@w.com>, bob@w.com", len, 0);
		if (fits)
			(void)snprintf(edits, sizeof edits,
				"from bob.owen+%0*d@old.com\n"
				"header0 b <bob.owen+%0*d@old.com>, "
				"bob.owen@old.com\n",
				len, 0, len, 0);
		else
			(void)snprintf(edits, sizeof edits,
				"header0 b <bob+%0*d@w.com>, "
				"bob.owen@old.com\n",
				len, 0);
		testdecide_check("outbound",
			(struct testdecide){ .rules = rules,
				.direction = DECISION_OUTBOUND,
				.sender = sender,
				.headers = header },
			edits);
		(void)snprintf(edits, sizeof edits,
			fits ? "header0 b <bob.owen+%0*d@old.com>, "
			       "bob.owen@old.com\n"
			     : "header0 b <bob+%0*d@w.com>, "
			       "bob.owen@old.com\n",
			len, 0);
		(void)snprintf(header, sizeof header,
			"To: b <bob+%0*d@w.com>, bob@w.com", len, 0);
		testdecide_check("inbound",
			(struct testdecide){
				.rules = rules, .headers = header },
			edits);
	}
}

/* Each table has a mode of its own. */
static void test_shadow(void **state)
{
	static const struct {
		const char *conf;
		enum decision_direction direction;
		const char *edits;
		bool shadow;
	} cases[] = {
		{ "inbound_mode = \"shadow\"\n", DECISION_INBOUND, "", true },
		{ "outbound_mode = \"shadow\"\n", DECISION_INBOUND,
			"+bob@new.com ORCPT=rfc822;bob@w.com\n-bob@w.com\n"
			"header2 bob@new.com\nheader3 Chloe <chloe@old.com>\n",
			false },
		{ "inbound_mode = \"shadow\"\n", DECISION_OUTBOUND,
			"from bob@w.com\nheader0 bob@w.com\n"
			"header1 bob@w.com\nheader4 bob@w.com\n",
			true },
		{ "outbound_mode = \"shadow\"\n", DECISION_OUTBOUND,
			"+bob@new.com ORCPT=rfc822;bob@w.com\n-bob@w.com\n",
			true },
		{ "inbound_mode = \"shadow\"\noutbound_mode = \"shadow\"\n",
			DECISION_OUTBOUND, "", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct testdecide test = { .conf = cases[i].conf,
			.rules = RULES,
			.direction = cases[i].direction,
			.sender = "<bob@new.com>",
			.recipients = "<bob@w.com>",
			.headers = HEADERS };
		size_t held = 0;

		testdecide_check(cases[i].conf, test, cases[i].edits);
		testdecide_run(&test);
		assert_int_equal(test.decision.shadow, cases[i].shadow);
		for (size_t f = 0; f < test.decision.finding_count; f++)
			held += test.decision.findings[f].shadow;
		assert_int_equal(held > 0, cases[i].shadow);
		testdecide_close(&test);
		/* shadow mode has nothing to hold back */
		test.sender = "<x@far.com>";
		test.recipients = "<x@far.com>";
		test.headers = "";
		testdecide_run(&test);
		assert_false(test.decision.shadow);
		testdecide_close(&test);
	}
}

static void test_header_modes(void **state)
{
	struct testdecide test = { .rules = RULES,
		.recipients = "<bob@w.com>",
		.headers = "DKIM-Signature: v=1; h=to:from; b=x\n"
			   "To: bob@w.com\nCc: bob@w.com\nTo: bob@w.com\n"
			   "ARC-Message-Signature: h=x-other" };

	(void)state;
#define ENVELOPE "+bob@new.com ORCPT=rfc822;bob@w.com\n-bob@w.com\n"
	testdecide_check("always", test,
		ENVELOPE "header1 bob@new.com\nheader2 bob@new.com\n"
			 "header3 bob@new.com\n");
	test.conf = "inbound_rewrite_headers = \"never\"\n";
	testdecide_check("never", test, ENVELOPE);
	/* the one To in h= covers the last To header */
	test.conf = "inbound_rewrite_headers = \"unless-signed\"\n";
	testdecide_check("unless-signed", test,
		ENVELOPE "header1 bob@new.com\nheader2 bob@new.com\n");
	test.headers = "To: bob@w.com\nCc: bob@w.com\n"
		       "ARC-Message-Signature: i=1; h=CC : To";
	testdecide_check("unless-signed, by ARC", test, ENVELOPE);
	test.headers = "To: bob@w.com\nARC-Seal: h=to";
	testdecide_check("unless-signed, not signed", test,
		ENVELOPE "header0 bob@new.com\n");
	/* the option is about inbound messages only */
	test = (struct testdecide){ .rules = RULES,
		.conf = "inbound_rewrite_headers = \"never\"\n",
		.direction = DECISION_OUTBOUND,
		.recipients = "",
		.headers = "DKIM-Signature: h=from\nFrom: bob@new.com" };
	testdecide_check("outbound", test, "header1 bob@w.com\n");
#undef ENVELOPE
}

/* A message needs only some headers, but always those of outbound_headers, for
 * leaks. */
static void test_wants_header(void **state)
{
	static const char required[] =
		"outbound_required_headers = {\"X-OriginatorOrg: a.com\", "
		"\"X-Tenant: 4711\"}\n";
	static const char unless[] =
		"inbound_rewrite_headers = \"unless-signed\"\n";
	static const char never[] = "inbound_rewrite_headers = \"never\"\n";
	/* Names after ":" are not needed. */
	static const struct {
		const char *conf[2];
		enum decision_direction direction;
		enum decision_why why;
		const char *names;
	} cases[] = {
		{ { "", "" }, DECISION_INBOUND, DECISION_WHY_DEFAULT,
			"To cc FROM Sender Resent-Sender:Subject Bcc T "
			"Received ARC-Seal DKIM-Signature X-Tenant" },
		{ { unless, required }, DECISION_INBOUND, DECISION_WHY_DEFAULT,
			"To From DKIM-Signature arc-message-signature"
			":X-OriginatorOrg" },
		{ { never, "" }, DECISION_INBOUND, DECISION_WHY_DEFAULT,
			"From:To Cc DKIM-Signature" },
		{ { unless, "" }, DECISION_OUTBOUND, DECISION_WHY_NETWORK,
			"From Reply-To:To Cc DKIM-Signature X-Tenant" },
		{ { unless, required }, DECISION_OUTBOUND,
			DECISION_WHY_AUTHENTICATED,
			"From:To Cc DKIM-Signature X-Tenant" },
		/* these messages may become inbound */
		{ { "", required }, DECISION_OUTBOUND, DECISION_WHY_NETWORK,
			"From To Cc X-OriginatorOrg x-tenant:DKIM-Signature" },
		{ { unless, required }, DECISION_OUTBOUND, DECISION_WHY_DAEMON,
			"From To X-OriginatorOrg DKIM-Signature:Subject" },
		{ { never, required }, DECISION_OUTBOUND, DECISION_WHY_DAEMON,
			"From X-Tenant:To Cc DKIM-Signature" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char conf[300];
		struct config *config;
		struct bytes names = bytes_of(cases[i].names);

		(void)snprintf(conf, sizeof conf, "%s%s", cases[i].conf[0],
			cases[i].conf[1]);
		config = testmap_config(conf);
		for (int wanted = 1; wanted >= 0; wanted--) {
			struct bytes some = bytes_cut(&names, ':');

			while (some.len) {
				struct bytes name = bytes_cut(&some, ' ');

				if (direction_wants_header(config,
					    cases[i].direction, cases[i].why,
					    name) != wanted)
					fail_msg("case %zu: %.*s", i,
						(int)name.len, name.data);
			}
		}
		config_close(config);
	}
}

static void test_empty_map(void **state)
{
	(void)state;
	for (int direction = 0; direction < DECISION_DIRECTIONS; direction++)
		testdecide_check("an empty map makes no edit",
			(struct testdecide){ .rules = "",
				.direction = (enum decision_direction)direction,
				.sender = "<bob@new.com>",
				.recipients = "<bob@w.com>\n<x>\n<@>",
				.headers = HEADERS },
			"");
}

/* Thousands of addresses are all counted, and those with the same reason are
 * one finding. */
static void test_many_findings(void **state)
{
#define LONG                                                                   \
	"llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll" \
	"llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll" \
	"llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll"
	static const char line[] =
		"To: a@w.com, m@w.com, bob+" LONG LONG "@w.com, a@w.com\n"
		"Cc: a@w.com, x@far.com\n";
	size_t lines = 3000;
	char *headers = malloc(lines * sizeof line);
	struct decide_header *split = malloc(2 * lines * sizeof *split);
	struct testdecide test = { .rules = "in @w.com;@old.com\n"
					    u8"in m@w.com;mö@old.com\n"
					    "in bob@w.com;b@old.com\n",
		.recipients = "",
		.headers = "" };
	uint64_t sums[DECISION_RESULTS] = { 0 };
	struct bytes rest;

	(void)state;
	assert_true(headers && split);
	testdecide_open(&test);
	for (size_t i = 0; i < lines; i++)
		memcpy(headers + i * (sizeof line - 1), line, sizeof line);
	rest = bytes_of(headers);
	for (size_t i = 0; i < 2 * lines; i++) {
		struct bytes value = bytes_cut(&rest, '\n');
		struct bytes name = bytes_cut(&value, ':');

		split[i] = (struct decide_header){ name, value, false };
	}
	test.message.headers = split;
	test.message.header_count = 2 * lines;
	assert_int_equal(testdecide_decide(&test), 0);
	assert_in_range(test.decision.finding_count, DECISION_FINDINGS,
		DECISION_FINDINGS + 4);
	for (size_t i = 0; i < test.decision.finding_count; i++)
		sums[test.decision.findings[i].result] +=
			1 + test.decision.findings[i].more;
	assert_int_equal(sums[DECISION_REWRITTEN], 3 * lines);
	assert_int_equal(sums[DECISION_LEFT], 2 * lines);
	for (int i = 0; i < DECISION_RESULTS; i++)
		if (sums[i])
			assert_int_equal(sums[i],
				test.decision.counts[DECISION_HEADER][i]);
	assert_int_equal(
		test.decision.counts[DECISION_HEADER][DECISION_UNCHANGED],
		lines);
	assert_int_equal(test.decision.header_count, 2 * lines);
	testdecide_close(&test);
	free(headers);
	free(split);
#undef LONG
}

static void test_findings(void **state)
{
	struct testdecide test = { .rules = RULES "in kept@w.com;kept@w.com\n",
		.recipients = "<bob@w.com>\n<@r:kept@w.com>\n<x@far.com>\n"
			      "<u%x@w.com>\n<u>",
		.headers = "To: bob@w.com, x@far.com",
		.explain = false };
	static const enum decision_result results[] = { DECISION_REWRITTEN,
		DECISION_EXCEPTION, DECISION_UNCHANGED, DECISION_LEFT,
		DECISION_UNPARSABLE, DECISION_REWRITTEN, DECISION_UNCHANGED };
	static const char *const olds[] = { "bob@w.com", "kept@w.com",
		"x@far.com", "u%x@w.com", "u", "bob@w.com", "x@far.com" };

	(void)state;
	testdecide_run(&test); /* only the findings of which a log line tells */
	assert_int_equal(test.decision.finding_count, 3);
	assert_int_equal(
		test.decision.counts[DECISION_RECIPIENT][DECISION_EXCEPTION],
		1);
	assert_int_equal(
		test.decision.counts[DECISION_RECIPIENT][DECISION_UNPARSABLE],
		1);
	assert_int_equal(
		test.decision.counts[DECISION_HEADER][DECISION_UNCHANGED], 1);
	testdecide_close(&test);
	test.explain = true;
	testdecide_run(&test);
	assert_int_equal(test.decision.finding_count, 7);
	for (size_t i = 0; i < 7; i++) {
		const struct decision_finding *finding =
			&test.decision.findings[i];

		assert_int_equal(finding->result, results[i]);
		assert_int_equal(finding->field,
			i < 5 ? DECISION_RECIPIENT : DECISION_HEADER);
		assert_int_equal(finding->index, i < 5 ? i : 0);
		assert_int_equal(finding->table, RULE_INBOUND);
		assert_true(bytes_equal(finding->old, bytes_of(olds[i])));
		assert_int_equal(
			finding->new.len > 0, results[i] == DECISION_REWRITTEN);
	}
	assert_true(bytes_equal(
		test.decision.findings[1].key, bytes_of("kept@w.com")));
	assert_true(
		bytes_equal(test.decision.findings[3].key, bytes_of("@w.com")));
	testdecide_close(&test);
}

/* A header full of addresses with many targets each: only the first target of
 * each is made. */
static void test_wide_header(void **state)
{
	char *rules = malloc((size_t)1 << 20);
	char *headers = malloc((size_t)1 << 20);
	size_t used = (size_t)sprintf(rules, "in t@w.com;");
	size_t at = (size_t)sprintf(headers, "To: x@far.com");
	struct testdecide test = {
		.rules = rules, .recipients = "", .headers = headers
	};

	(void)state;
	for (int i = 0; i < 2000; i++)
		used += (size_t)sprintf(
			rules + used, "%su%04d@new.com", i ? "," : "", i);
	(void)strcpy(rules + used, "\n");
	for (int i = 0; i < 3000; i++)
		at += (size_t)sprintf(headers + at, ",t@w.com");
	testdecide_open(&test);
	arena_close(test.result);
	test.result = arena_open((size_t)16 << 20);
	assert_non_null(test.result);
	assert_int_equal(testdecide_decide(&test), 0);
	assert_int_equal(
		test.decision.counts[DECISION_HEADER][DECISION_REWRITTEN],
		3000);
	testdecide_close(&test);
	free(rules);
	free(headers);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(
		decision_direction_name(DECISION_INBOUND), "inbound");
	assert_string_equal(
		decision_direction_name(DECISION_OUTBOUND), "outbound");
	assert_string_equal(decision_field_name(DECISION_SENDER), "from");
	assert_string_equal(decision_field_name(DECISION_RECIPIENT), "rcpt");
	assert_string_equal(decision_field_name(DECISION_HEADER), "header");
	for (int i = 0; i < DECISION_RESULTS; i++)
		assert_true(*decision_result_name((enum decision_result)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_rewritten),
		cmocka_unit_test(test_local_parts_in_headers),
		cmocka_unit_test(test_long_local_parts),
		cmocka_unit_test(test_shadow),
		cmocka_unit_test(test_header_modes),
		cmocka_unit_test(test_wants_header),
		cmocka_unit_test(test_empty_map),
		cmocka_unit_test(test_many_findings),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_wide_header),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

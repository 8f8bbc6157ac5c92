/*
 * The n-th allocation fails, for every n, while a message is decided about and
 * logged, and while rules and keys are made. No incomplete decision may count
 * as one.
 */
#include "kit/testdecide.h"
#include "kit/torture.h"
#include "kit/alloccalls.h"

#include "mail/dsn.h"
#include "decisionlog/decisionlog.h"
#include "map/lookup.h"
#include "rules/ruletarget.h"

#define RULES                                                                  \
	"in bob@w.com;bob@new.com\n"                                           \
	u8"in t@w.com;a@x.com,jörg@y.com,\"c d\"@z.com\n"                     \
	"in @w.com;@old.com\n"                                                 \
	u8"in jörg@w.com;joerg@new.com\n"                                     \
	"in @*.sub.com;@old.com\n"                                             \
	u8"in @bücher.example;@new.com\n"                                     \
	"out bob@new.com;bob@w.com\n"                                          \
	"out @old.com;@w.com\n"

static const struct testdecide messages[] = {
	{ .rules = RULES,
		.smtputf8 = true,
		.recipients = "<bob@w.com>|n=NEVER\n<u!x>|r=x@w.com\n"
			      u8"<JÖRG@w.com>|r=jörg@w.com\n"
			      u8"<t@w.com>\n<q@BÜCHER.example>\n<u>",
		.headers = "To: bob@w.com, Chloe <chloe@w.com>, @\n"
			   u8"Cc: jörg@w.com" },
	{ .rules = RULES,
		.direction = DECISION_OUTBOUND,
		.conf = "inbound_mode = \"shadow\"\n",
		.sender = "<\"bob\"@New.com>",
		.recipients = "<bob@w.com>",
		.headers = "From: bob@new.com\nSender: x@old.com" },
	{ .rules = RULES,
		.direction = DECISION_OUTBOUND,
		.why = DECISION_WHY_NETWORK,
		.conf = "outbound_required_headers = {\"X: y\"}\n",
		.recipients = u8"<jörg@bücher.example>"
			      u8"|r=jörg@bücher.example\n"
			      "<x@a.sub.com>\n<x@far.com>" },
	{ .rules = RULES,
		.explain = true,
		.conf = "inbound_rewrite_headers = \"unless-signed\"\n",
		.recipients = "",
		.headers = "To: bob@w.com,bob@w.com,bob@w.com\nCc: x@w.com\n"
			   "DKIM-Signature: h=cc" },
};

static const char *outcome(struct testdecide *test)
{
	const struct decision *decision = &test->decision;
	const char *edits = testdecide_edits(test);
	size_t size = strlen(edits) + 200;
	char *text = arena_bytes(test->arena, size);

	assert_non_null(text);
	(void)snprintf(text, size, "%d %s %d %d %zu %.*s\n%s",
		decision->direction, decision_why_name(decision->why),
		decision->refuse, decision->shadow, decision->finding_count,
		(int)decision->refused.len,
		decision->refuse ? decision->refused.data : "", edits);
	return text;
}

static int run_decide(
	void *context, struct torture_told *told, struct error *error)
{
	struct testdecide *test = context;
	int code;

	arena_reset(test->result);
	code = decide(&(struct decide_input){ test->config, test->map,
			      test->direction, test->why, &test->message },
		test->result, &test->decision, error);
	allocfail.countdown = 0;
	if (!code)
		torture_tell(told, "%s", outcome(test));
	return code;
}

static void tell_line(void *context, enum log_level level, const char *line)
{
	torture_tell(context, "%d %s\n", level, line);
}

/* It cannot fail: a hash that cannot be made is "?". */
static int run_report(
	void *context, struct torture_told *told, struct error *error)
{
	const struct testdecide *test = context;
	struct log log = { .level = LOG_LEVEL_DEBUG };

	decisionlog_lines(&test->decision, &test->message, "4F2A91C03", 12,
		&log, tell_line, told);
	return strchr(told->text, '?')
		       ? error_set(error, ERR_NOMEM, "%s", told->text)
		       : 0;
}

static void test_decide(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		struct testdecide test = messages[i];
		const struct torture tortures[] = {
			{ .name = "decide",
				.run = run_decide,
				.context = &test },
			{ .name = "report_lines",
				.run = run_report,
				.context = &test },
		};

		testdecide_open(&test);
		torture_all(tortures, 2);
		testdecide_close(&test);
	}
}

/* The arena's limit is reached at each point of the decision. */
static void test_cap(void **state)
{
	size_t enough = 0;
	size_t tried = 0;

	(void)state;
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		struct testdecide test = messages[i];
		struct arena *ample;
		const char *whole;

		testdecide_run(&test);
		whole = outcome(&test);
		ample = test.result;
		for (size_t used = 8; used <= 4096; used += 8, tried++) {
			int result;

			test.result = arena_open(4096);
			assert_non_null(test.result);
			assert_non_null(arena_bytes(test.result, used));
			result = testdecide_decide(&test);
			if (result)
				assert_int_equal(result, ERR_NOMEM);
			else
				assert_string_equal(whole, outcome(&test));
			enough += !result;
			arena_close(test.result);
		}
		test.result = ample;
		testdecide_close(&test);
	}
	assert_true(enough > tried / 10 && enough < tried - tried / 10);
}

static int run_rule(
	void *context, struct torture_told *told, struct error *error)
{
	const char *const *row = context;
	struct arena *arena = arena_open((size_t)1 << 20);
	struct rule rule;
	int code = arena ? rule_make(arena, RULE_INBOUND, bytes_of(row[0]),
				   bytes_of(row[1]), true, &rule, error)
			 : error_set(error, ERR_NOMEM, "arena");

	if (!code)
		torture_tell(told, "%.*s %.*s", (int)rule.key.len,
			rule.key.data, (int)rule.value.len, rule.value.data);
	arena_close(arena);
	return code;
}

/* The functions that a message needs for an address, one after the other. */
static int run_address(
	void *context, struct torture_told *told, struct error *error)
{
	const char *text = context;
	struct mailbox mailbox;
	char out[ADDRESS_TEXT_MAX];
	int code = address_parse(text, strlen(text), &mailbox, NULL);

	(void)error;
	if (!code)
		code = address_check(&mailbox, true, NULL);
	if (!code)
		code = address_key(&mailbox, out);
	if (code <= 0)
		return code;
	torture_tell(told, "%.*s ", code, out);
	code = address_format(&mailbox, out);
	if (code <= 0)
		return code;
	torture_tell(told, "%s", out);
	return 0;
}

static int run_orcpt(
	void *context, struct torture_told *told, struct error *error)
{
	struct mailbox mailbox;
	struct bytes text = bytes_of(context);
	struct arena *arena = arena_open((size_t)1 << 20);
	const char *orcpt = NULL;

	(void)error;
	assert_int_equal(address_parse(text.data, text.len, &mailbox, NULL), 0);
	if (arena)
		orcpt = dsn_orcpt(arena, &mailbox, text);
	if (orcpt)
		orcpt = dsn_orcpt_for_milter(arena, orcpt);
	torture_tell(told, "%s", orcpt ? orcpt : "");
	arena_close(arena);
	return orcpt ? 0 : ERR_NOMEM;
}

static int run_lookup(
	void *context, struct torture_told *told, struct error *error)
{
	static const char text[] = u8"jörg+news@W.com";
	struct map_reader *reader = NULL;
	struct mailbox mailbox;
	struct lookup lookup = { .key_len = 0 };
	int code = map_reader_open(&reader, context);

	(void)error;
	assert_int_equal(
		address_parse(text, sizeof text - 1, &mailbox, NULL), 0);
	if (!code)
		code = lookup_find(reader, RULE_INBOUND, &mailbox,
			&(struct localpart_syntax){ "+", LOCALPART_PRVS },
			&lookup);
	if (code == 1)
		torture_tell(told, "%.*s", (int)lookup.key_len, lookup.key);
	map_reader_close(reader);
	return code;
}

static void test_below(void **state)
{
	static const char *rows[][2] = {
		{ u8"jörg@bücher.example", u8"jörg@bücher.example" },
		{ u8"@BÜCHER.example", u8"@bücher2.example" },
		{ u8"@*.bücher.example", u8"@*.bücher.example" },
		{ "@w.com", u8"a@bücher.example,@x.com" },
	};
	static char address[] = u8"Jörg@bücher.example";
	const struct torture tortures[] = {
		{ .name = "rule 1", .run = run_rule, .context = rows[0] },
		{ .name = "rule 2", .run = run_rule, .context = rows[1] },
		{ .name = "rule 3", .run = run_rule, .context = rows[2] },
		{ .name = "rule 4", .run = run_rule, .context = rows[3] },
		{ .name = "address",
			.run = run_address,
			.context = address,
			.no_text = true },
		{ .name = "orcpt",
			.run = run_orcpt,
			.context = address,
			.no_text = true },
		{ .name = "lookup_find",
			.run = run_lookup,
			.context = testmap_keep(RULES),
			.no_text = true },
	};

	(void)state;
	torture_all(tortures, sizeof tortures / sizeof *tortures);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decide),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

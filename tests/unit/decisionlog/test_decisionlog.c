/* The log lines of a message: readdress-milter(8), LOG. */
#include "kit/testdecide.h"

#include "base/log.h"
#include "decisionlog/decisionlog.h"

#define LINES 4096

struct lines {
	size_t count;
	enum log_level level[LINES];
	char *text[LINES];
};

static void keep(void *context, enum log_level level, const char *line)
{
	struct lines *lines = context;

	assert_true(lines->count < LINES);
	assert_true(strlen(line) <= DECISIONLOG_LINE);
	for (const char *c = line; *c; c++)
		assert_true(*c >= ' ' && *c <= '~');
	lines->level[lines->count] = level;
	lines->text[lines->count] = strdup(line);
	assert_non_null(lines->text[lines->count++]);
}

static void report(const struct testdecide *test, const char *queue_id,
	bool addresses, struct lines *lines)
{
	struct log log = { .level = LOG_LEVEL_DEBUG, .addresses = addresses };

	lines->count = 0;
	memset(log.key, 'k', sizeof log.key);
	decisionlog_lines(&test->decision, &test->message, queue_id, 12, &log,
		keep, lines);
}

static void forget(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->text[i]);
}

#define RULES                                                                  \
	"out bob.owen@drypizza.com;bob@warmsushi.com\n"                        \
	"in bob@warmsushi.com;bob.owen@drypizza.com\n"                         \
	"in team@warmsushi.com;a@old.com,b@new.com\n"                          \
	"in chloe@warmsushi.com;chloe@warmsushi.com\n"                         \
	"in @dom.com;@new.com\n"

#define NETWORK .direction = DECISION_OUTBOUND, .why = DECISION_WHY_NETWORK
#define OWEN	"bob.owen@drypizza.com"
#define BOB	"bob@warmsushi.com"
#define IN12	"4F2A91C03: direction=inbound why=default generation=12"

struct report_case {
	struct testdecide test;
	const char *lines; /* each after the letter of its level and a blank */
};

static void check(const struct report_case *row)
{
	static const char letters[] = { [LOG_LEVEL_ERROR] = 'e',
		[LOG_LEVEL_WARNING] = 'w',
		[LOG_LEVEL_INFO] = 'i',
		[LOG_LEVEL_DEBUG] = 'd' };
	struct testdecide test = row->test;
	struct lines *lines = calloc(1, sizeof *lines);
	char text[8192] = "";
	size_t used = 0;

	assert_non_null(lines);
	test.rules = test.rules ? test.rules : RULES;
	testdecide_run(&test);
	report(&test, "4F2A91C03", true, lines);
	for (size_t i = 0; i < lines->count; i++)
		used += (size_t)snprintf(text + used, sizeof text - used,
			"%c %s\n", letters[lines->level[i]], lines->text[i]);
	if (strcmp(text, row->lines))
		fail_msg("\n%s--- instead of\n%s", text, row->lines);
	forget(lines);
	free(lines);
	testdecide_close(&test);
}

static void test_lines(void **state)
{
	static const struct report_case cases[] = {
		/* the two of the contract */
		{ { NETWORK, .sender = "<" OWEN ">",
			  .recipients = "<x@far.com>",
			  .headers = "From: " OWEN "\nReply-To: " OWEN },
			"i 4F2A91C03: direction=outbound why=network "
			"generation=12 from=<" OWEN ">:<" BOB "> "
			"headers=From,Reply-To\n" },
		{ { .recipients = "<" BOB ">", .headers = "To: " BOB },
			"i " IN12 " rcpt=<" BOB ">:<" OWEN "> headers=To\n" },
		/* one rcpt= for each changed recipient */
		{ { .recipients = "<" BOB ">\n<x@far.com>\n<a@dom.com>\n"
				  "<chloe@warmsushi.com>" },
			"i " IN12 " rcpt=<" BOB ">:<" OWEN "> "
			"rcpt=<a@dom.com>:<a@new.com>\n" },
		{ { .recipients = "<team@warmsushi.com>" },
			"i " IN12 " rcpt=<team@warmsushi.com>:<a@old.com>,"
			"<b@new.com>\n" },
		{ { .recipients = "", .headers = "Cc: " BOB },
			"i " IN12 " headers=Cc\n" },
		/* each header once */
		{ { .recipients = "",
			  .headers = "To: " BOB ", a@dom.com\nCc: x@far.com\n"
				     "TO: " BOB "\nCC: a@dom.com" },
			"i " IN12 " headers=To,CC\n" },
		/* nothing was changed */
		{ { .recipients = "<x@far.com>", .headers = "To: x@far.com" },
			"d " IN12 " unchanged\n" },
		{ { .recipients = "<chloe@warmsushi.com>" },
			"d " IN12 " unchanged\n" },
		{ { NETWORK, .sender = "<>", .recipients = "" },
			"d 4F2A91C03: direction=outbound why=network "
			"generation=12 unchanged\n" },
		/* texts that are not addresses */
		{ { .recipients = "<x@far.com>\n<u>",
			  .headers = "To: <>, @, " BOB },
			"i " IN12 " headers=To\n"
			"d " IN12 " unparsable=3\n" },
		{ { .recipients = "<u>" },
			"d " IN12 " unchanged unparsable=1\n" },
		/* shadow */
		{ { .conf = "inbound_mode = \"shadow\"\n",
			  .recipients = "<" BOB ">",
			  .headers = "To: " BOB },
			"i " IN12 " mode=shadow rcpt=<" BOB ">:<" OWEN "> "
			"headers=To\n" },
		{ { NETWORK, .conf = "inbound_mode = \"shadow\"\n",
			  .sender = "<" OWEN ">", .recipients = "<" BOB ">",
			  .headers = "From: " OWEN },
			"i 4F2A91C03: direction=outbound why=network "
			"generation=12 from=<" OWEN ">:<" BOB "> "
			"headers=From\n"
			"i 4F2A91C03: direction=outbound why=network "
			"generation=12 mode=shadow rcpt=<" BOB ">:<" OWEN
			">\n" },
		/* unproven, with and without a foreign recipient */
		{ { NETWORK, .conf = "outbound_required_headers = {\"X: y\"}\n",
			  .recipients = "<" BOB ">" },
			"i 4F2A91C03: direction=inbound why=unproven "
			"generation=12 rcpt=<" BOB ">:<" OWEN ">\n"
			"i 4F2A91C03: direction=inbound why=unproven "
			"generation=12 client=- daemon=- found=none\n" },
		{ { NETWORK, .conf = "outbound_required_headers = {\"X: y\"}\n",
			  .recipients = "<" BOB ">\n<X@Far.com>",
			  .headers = "X: \"<z>\nX:  y" },
			"i 4F2A91C03: direction=inbound why=unproven "
			"generation=12 refused rcpt=<X@Far.com> "
			"reply=\"550 5.7.1\" client=- daemon=- "
			"found=\"X: \\x22\\x3Cz\\x3E\" found=\"X: y\"\n" },
		/* left as it is */
		{ { .recipients = "<u%x@dom.com>\n<" BOB ">" },
			"i " IN12 " rcpt=<" BOB ">:<" OWEN ">\n"
			"w " IN12 " left rcpt=<u%x@dom.com> "
			"reason=\"its local part contains %, ! or @\"\n" },
		{ { .conf = "inbound_rewrite_headers = \"unless-signed\"\n",
			  .recipients = "",
			  .headers = "To: " BOB "\nDKIM-Signature: h=to" },
			"i " IN12 " left To=<" BOB "> "
			"reason=\"a DKIM signature covers the header\"\n"
			"d " IN12 " unchanged\n" },
		/* addresses of one header, for one reason: one line */
		{ { .conf = "inbound_rewrite_headers = \"unless-signed\"\n",
			  .recipients = "",
			  .headers = "To: " BOB ", a@dom.com, b@dom.com\n"
				     "Cc: c@dom.com\n"
				     "DKIM-Signature: h=to:cc" },
			"i " IN12 " left To=<" BOB "> "
			"reason=\"a DKIM signature covers the header\" "
			"more=2\n"
			"i " IN12 " left Cc=<c@dom.com> "
			"reason=\"a DKIM signature covers the header\"\n"
			"d " IN12 " unchanged\n" },
		/* escaped */
		{ { .recipients = u8"<Jörg@dom.com>", .smtputf8 = true },
			"i " IN12 " rcpt=<J\\xC3\\xB6rg@dom.com>:"
			"<J\\xC3\\xB6rg@new.com>\n" },
		{ { .recipients = "<\"a>:<b\\\\c\"@dom.com>" },
			"i " IN12
			" rcpt=<\"a\\x3E:\\x3Cb\\x5C\\x5Cc\"@dom.com>:"
			"<\"a\\x3E:\\x3Cb\\x5C\\x5Cc\"@new.com>\n" },
		{ { .rules = "in t@w.com;\"a,b\"@x.com,c@x.com\n",
			  .recipients = "<t@w.com>" },
			"i " IN12
			" rcpt=<t@w.com>:<\"a,b\"@x.com>,<c@x.com>\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(&cases[i]);
}

static void test_queue_ids(void **state)
{
	struct testdecide test = { .rules = RULES, .recipients = "<" BOB ">" };
	struct lines *lines = calloc(1, sizeof *lines);
	static const char *const ids[][2] = { { NULL, "NOQUEUE: direction=" },
		{ "a\n\x1b[b", "a\\x0A\\x1B[b: direction=" },
		{ "3ZQwZj0abcz9", "3ZQwZj0abcz9: direction=" } };

	(void)state;
	assert_non_null(lines);
	testdecide_run(&test);
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		report(&test, ids[i][0], true, lines);
		assert_int_equal(lines->count, 1);
		assert_memory_equal(
			lines->text[0], ids[i][1], strlen(ids[i][1]));
		forget(lines);
	}
	testdecide_close(&test);
	free(lines);
}

/* Hashes of 12 hex digits, one for each address whatever its line. */
static void test_hashed(void **state)
{
	struct testdecide test = { .rules = RULES,
		.recipients = "<" BOB ">\n<BOB@warmsushi.com>\n<u%x@dom.com>" };
	struct lines *lines = calloc(1, sizeof *lines);
	char hash[4][13];
	int end = 0;

	(void)state;
	assert_non_null(lines);
	testdecide_run(&test);
	report(&test, "Q", false, lines);
	assert_int_equal(lines->count, 2);
	for (size_t i = 0; i < lines->count; i++)
		assert_null(strstr(lines->text[i], ".com"));
	assert_int_equal(
		sscanf(lines->text[0],
			"Q: direction=inbound why=default generation=12 "
			"rcpt=<%12[0-9a-f]>:<%12[0-9a-f]> "
			"rcpt=<%12[0-9a-f]>:<%12[0-9a-f]>%n",
			hash[0], hash[1], hash[2], hash[3], &end),
		4);
	assert_int_equal(end, strlen(lines->text[0]));
	assert_string_equal(hash[0], hash[2]);
	assert_string_equal(hash[1], hash[3]);
	assert_string_not_equal(hash[0], hash[1]);
	forget(lines);
	testdecide_close(&test);
	free(lines);
}

/* All items are there, whole and in order, in lines that begin alike. */
static void test_split(void **state)
{
	static const char prefix[] = "Q: direction=inbound why=default "
				     "generation=12";
	char recipients[40 * 300];
	size_t used = 0;
	struct testdecide test = { .rules = "in @dom.com;@new.com\n",
		.recipients = recipients,
		.headers = "To: a@dom.com" };
	struct lines *lines = calloc(1, sizeof *lines);
	int next = 0;

	(void)state;
	assert_non_null(lines);
	for (int i = 0; i < 300; i++)
		used += (size_t)sprintf(
			recipients + used, "<user%03d@dom.com>\n", i);
	testdecide_run(&test);
	report(&test, "Q", true, lines);
	assert_true(lines->count > 10);
	for (size_t i = 0; i < lines->count; i++) {
		const char *text = lines->text[i];

		assert_memory_equal(text, prefix, strlen(prefix));
		assert_true(i + 1 == lines->count ||
			    strlen(text) > DECISIONLOG_LINE - 50);
		for (text += strlen(prefix); *text;) {
			char item[64];

			(void)snprintf(item, sizeof item,
				next == 300 ? " headers=To"
					    : " rcpt=<user%03d@dom.com>:"
					      "<user%03d@new.com>",
				next, next);
			assert_memory_equal(text, item, strlen(item));
			text += strlen(item);
			next++;
		}
	}
	assert_int_equal(next, 301);
	forget(lines);
	testdecide_close(&test);
	free(lines);
}

/* A rule with many targets: the next line begins with the old address again. */
static void test_split_targets(void **state)
{
	char rules[64 * 200];
	size_t used = (size_t)sprintf(rules, "in team@w.com;");
	struct testdecide test = { .rules = rules,
		.recipients = "<team@w.com>" };
	struct lines *lines = calloc(1, sizeof *lines);
	int next = 0;

	(void)state;
	assert_non_null(lines);
	for (int i = 0; i < 200; i++)
		used += (size_t)sprintf(
			rules + used, "%suser%03d@new.com", i ? "," : "", i);
	(void)sprintf(rules + used, "\n");
	testdecide_run(&test);
	report(&test, "Q", true, lines);
	assert_true(lines->count > 3);
	for (size_t i = 0; i < lines->count; i++) {
		const char *text = strstr(lines->text[i], " rcpt=");
		char item[64];

		assert_non_null(text);
		assert_memory_equal(text, " rcpt=<team@w.com>:", 19);
		for (text += 18; *text; next++) {
			(void)snprintf(item, sizeof item,
				"%c<user%03d@new.com>",
				*text == ':' ? ':' : ',', next);
			assert_memory_equal(text, item, strlen(item));
			text += strlen(item);
		}
	}
	assert_int_equal(next, 200);
	forget(lines);
	testdecide_close(&test);
	free(lines);
}

/* Lines stay within their limit even if every part has its greatest length. */
static void test_long(void **state)
{
	char recipients[3000];
	char headers[3000] = "To: ";
	size_t at = 0;
	struct testdecide test = { .rules = "in @dom.com;@new.com\n",
		.conf = "inbound_headers = {\"To\"}\n",
		.recipients = recipients,
		.headers = headers,
		.smtputf8 = true };
	struct lines *lines = calloc(1, sizeof *lines);

	(void)state;
	assert_non_null(lines);
	for (int i = 0; i < 4; i++) {
		recipients[at++] = '<';
		for (int k = 0; k < 16; k++)
			at += (size_t)sprintf(
				recipients + at, "\xf0\x9f\x8d%c", 0x90 + i);
		at += (size_t)sprintf(recipients + at, "@dom.com>\n");
	}
	at += (size_t)sprintf(recipients + at, "<");
	memset(recipients + at, '!', 1000);
	(void)strcpy(recipients + at + 1000, "@dom.com>\n");
	memset(headers + 4, '(', 1000);
	headers[1004] = '\0';
	testdecide_run(&test);
	assert_int_equal(test.decision.add_count, 4);
	for (int addresses = 0; addresses < 2; addresses++) {
		report(&test, "a-queue-id-that-is-as-long-as-none-ever-was",
			addresses, lines);
		assert_true(lines->count >= 1);
		forget(lines);
	}
	testdecide_close(&test);
	free(lines);
}

/* The addresses of a header that cannot be edited do not have a line each. */
static void test_no_flood(void **state)
{
	size_t size = (size_t)5000 * 16;
	char *headers = malloc(size);
	size_t used = (size_t)sprintf(headers, "DKIM-Signature: h=to\nTo: ");
	struct testdecide test = { .rules = RULES,
		.conf = "inbound_rewrite_headers = \"unless-signed\"\n",
		.recipients = "",
		.headers = headers };
	struct lines *lines = calloc(1, sizeof *lines);

	(void)state;
	assert_non_null(lines);
	for (int i = 0; i < 4000; i++)
		used += (size_t)sprintf(
			headers + used, "%su%d@dom.com", i ? "," : "", i);
	testdecide_run(&test);
	assert_int_equal(
		test.decision.counts[DECISION_HEADER][DECISION_LEFT], 4000);
	assert_int_equal(
		test.decision.counts[DECISION_HEADER][DECISION_REWRITTEN], 0);
	report(&test, "Q", true, lines);
	assert_int_equal(lines->count, 2);
	assert_non_null(strstr(lines->text[0], " more=3999"));
	forget(lines);
	testdecide_close(&test);
	free(lines);
	free(headers);
}

/* The addresses of one header are left for more reasons than are possible
 * today: each of the first eight has a line. */
static void test_many_reasons(void **state)
{
	struct testdecide test = {
		.rules = RULES, .recipients = "", .headers = "To: x@y.com"
	};
	struct lines *lines = calloc(1, sizeof *lines);
	struct decision_finding findings[2 * DECISION_REASONS];

	(void)state;
	assert_non_null(lines);
	testdecide_run(&test);
	for (size_t count = 1; count < DECISION_REASONS; count++) {
		memset(findings, 0, sizeof findings);
		for (size_t i = 0; i < 2 * count; i++)
			findings[i] = (struct decision_finding){
				.field = DECISION_HEADER,
				.result = DECISION_LEFT,
				.old = bytes_of("x@y.com"),
				.reason = (enum decision_reason)(1 + i % count),
			};
		test.decision.findings = findings;
		test.decision.finding_count = 2 * count;
		report(&test, "Q", true, lines);
		/* and one that says "unchanged" */
		assert_int_equal(lines->count, count + 1);
		for (size_t i = 0; i + 1 < lines->count; i++) {
			char wanted[128];

			(void)snprintf(wanted, sizeof wanted,
				" left To=<x@y.com> reason=\"%s\" more=1",
				decision_reason_text(
					(enum decision_reason)(1 + i)));
			assert_non_null(strstr(lines->text[i], wanted));
		}
		forget(lines);
	}
	testdecide_close(&test);
	free(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_queue_ids),
		cmocka_unit_test(test_hashed),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_split_targets),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_no_flood),
		cmocka_unit_test(test_many_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

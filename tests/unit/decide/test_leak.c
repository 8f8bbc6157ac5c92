/* Internal addresses that leave: readdress-milter(8), LOG. */
#include "kit/testdecide.h"

#include "decide/leak.h"
#include "decisionlog/decisionlog.h"

#define RULES                                                                  \
	"in bob@old.example;bob.owen@new.example\n"                            \
	"in @old.example;@new.example\n"                                       \
	"in many@lists.example;a@far1.example,b@far2.example\n"                \
	"in @*.deep.example;@new.example\n"                                    \
	"out bob.owen@new.example;bob@old.example\n"                           \
	"out keep@new.example;keep@new.example\n"                              \
	u8"out utf@new.example;ü@old.example\n"                               \
	"out @new.example;@old.example\n"                                      \
	"out only@users.example;only@old.example\n"                            \
	"out @xn--bcher-kva.example;@old.example\n"                            \
	"out @*.inner.example;@old.example\n"                                  \
	"routes @routed.example;relay\n"

#define OWEN "bob.owen@new.example"
#define OUT  .direction = DECISION_OUTBOUND, .why = DECISION_WHY_DAEMON

struct leak_case {
	struct testdecide test;
	const char *leaks; /* "field address", each followed by ";" */
};

static void tell(const struct decision *decision, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < decision->leak_count; i++) {
		const struct decision_leak *leak = &decision->leaks[i];

		used += (size_t)snprintf(text + used, size - used, "%s %.*s;",
			leak_field_name(leak->field), (int)leak->address.len,
			leak->address.data);
		assert_true(decision->leak_fields & 1u << leak->field);
	}
}

static void check(const struct leak_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct testdecide test = cases[i].test;
		char text[4096];

		test.rules = test.rules ? test.rules : RULES;
		testdecide_run(&test);
		tell(&test.decision, text, sizeof text);
		if (strcmp(text, cases[i].leaks))
			fail_msg("%zu: %s instead of %s", i, text,
				cases[i].leaks);
		assert_int_equal(
			test.decision.leak_total, test.decision.leak_count);
		testdecide_close(&test);
	}
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof *(cases))

/* A message that was taken for inbound. */
static void test_inbound(void **state)
{
	static const struct leak_case cases[] = {
		{ { .sender = "<" OWEN ">", .recipients = "<a@far.example>" },
			"from " OWEN ";" },
		/* the sender and From are one field */
		{ { .sender = "<" OWEN ">",
			  .recipients = "<a@far.example>",
			  .headers = "From: Bob <Bob.Owen@NEW.example>" },
			"from " OWEN ";" },
		{ { .sender = "<x@far.example>",
			  .recipients = "<a@far.example>",
			  .headers = "From: Bob <" OWEN ">\nReply-To: " OWEN
				     "\nSender: (c) " OWEN "\nTo: " OWEN },
			"from " OWEN ";reply-to " OWEN ";sender " OWEN ";" },
		{ { .sender = "<>",
			  .recipients = "<a@far.example>",
			  .headers =
				  "From: " OWEN "\nResent-From: x@new.example"
				  "\nResent-Sender: y@new.example"
				  "\nReturn-Receipt-To: z@new.example"
				  "\nDisposition-Notification-To: "
				  "d@new.example" },
			"from " OWEN ";resent-from x@new.example;"
			"resent-sender y@new.example;"
			"return-receipt-to z@new.example;"
			"disposition-notification-to d@new.example;" },
		/* comments and folds are not shown */
		{ { .sender = "<>",
			  .recipients = "<a@far.example>",
			  .headers = "From: zoe (c) @ (d) new.example" },
			"from zoe@new.example;" },
		/* rules of other kinds; the null sender; exceptions */
		{ { .sender = "<x@a.inner.example>",
			  .recipients = "<a@far.example>",
			  .headers = "From: only@users.example, "
				     "other@users.example, keep@new.example, "
				     u8"u@bücher.example" },
			"from x@a.inner.example;from only@users.example;"
			u8"from u@bücher.example;" },
		{ { .sender = "<keep@new.example>",
			  .recipients = "<a@far.example>",
			  .headers = "From: keep@new.example\n"
				     "From: x@far.example" },
			"" },
		{ { .sender = "", .recipients = "<a@far.example>" }, "" },
		{ { .sender = "<" OWEN ">",
			  .recipients = "<a@far.example>",
			  .rules = "in @old.example;@new.example\n" },
			"" },
		/* headers that are not listed, and those that are */
		{ { .sender = "<>",
			  .recipients = "<a@far.example>",
			  .headers = "To: " OWEN "\nX-From: " OWEN },
			"" },
		{ { .conf = "outbound_headers = {\"From\", \"To\", \"Cc\", "
			    "\"X-From\"}\n",
			  .sender = "<>",
			  .recipients = "<a@far.example>",
			  .headers = "To: " OWEN "\nX-From: " OWEN
				     "\nCc: bob@old.example, x@new.example" },
			"to " OWEN ";other " OWEN ";cc x@new.example;" },
		/* an address that the inbound table rewrote is not a leak */
		{ { .conf = "outbound_headers = {\"To\"}\n",
			  .sender = "<>",
			  .recipients = "<a@far.example>",
			  .headers = "To: a@both.example, bob@old.example, "
				     "b@other.example",
			  .rules = "in @both.example;@new.example\n"
				   "in @old.example;@new.example\n"
				   "out @both.example;@old.example\n"
				   "out @other.example;@old.example\n" },
			"to b@other.example;" },
		{ { .conf = "outbound_headers = {\"To\"}\n"
			    "inbound_rewrite_headers = \"unless-signed\"\n",
			  .sender = "<>",
			  .recipients = "<a@far.example>",
			  .headers = "DKIM-Signature: h=to\n"
				     "To: a@both.example",
			  .rules = "in @both.example;@new.example\n"
				   "out @both.example;@old.example\n" },
			"to a@both.example;" },
	};

	(void)state;
	CHECK(cases);
}

/* Which recipients are outside. */
static void test_outside(void **state)
{
	static const struct leak_case cases[] = {
		{ { .sender = "<" OWEN ">", .recipients = "<x@OLD.example>" },
			"" },
		{ { .sender = "<" OWEN ">", .recipients = "<x@new.example.>" },
			"" },
		{ { .sender = "<" OWEN ">",
			  .recipients = "<x@users.example>\n<y@far1.example>\n"
					"<z@far2.example>\n"
					"<x@routed.example>\n"
					"<u@a.b.inner.example>\n"
					"<v@a.deep.example>\n"
					u8"<v@bücher.example>\n<postmaster>" },
			"" },
		/* Postfix adds its own domain to these */
		{ { .sender = "<" OWEN ">",
			  .recipients = "<postmaster>|r=postmaster@mx.example\n"
					"<Bob>|r=Bob@mx.example\n"
					"root|r=root@mx.example\n"
					"<\"b b\">|r=\"b b\"@mx.example" },
			"" },
		/* but not to these */
		{ { .sender = "<" OWEN ">",
			  .recipients = "<y%far.example>|r=y@far.example" },
			"from " OWEN ";" },
		{ { .sender = "<" OWEN ">",
			  .recipients = "<far.example!y>|r=y@far.example" },
			"from " OWEN ";" },
		{ { .sender = "<" OWEN ">",
			  .recipients = "<y@>|r=y@mx.example" },
			"from " OWEN ";" },
		{ { .sender = "<" OWEN ">",
			  .recipients = "<x@old.example>\n<y@deep.example>" },
			"from " OWEN ";" },
		{ { .sender = "<" OWEN ">", .recipients = "<y@[192.0.2.1]>" },
			"from " OWEN ";" },
		{ { .sender = "<" OWEN ">",
			  .recipients = "<y@a.routed.example>" },
			"from " OWEN ";" },
		{ { .sender = "<" OWEN ">",
			  .recipients = "<y%far.example@old.example>|"
					"r=y@far.example" },
			"from " OWEN ";" },
		/* the domain of a recipient was seen before */
		{ { .sender = "<" OWEN ">",
			  .recipients =
				  "<x@old.example>\n<z@OLD.Example>|"
				  "r=z@OLD.Example\n<\"z z\"@old.example>" },
			"" },
		{ { .sender = "<" OWEN ">",
			  .recipients = "<x@old.example>\n"
					"<y%far.example@old.example>|"
					"r=y@far.example" },
			"from " OWEN ";" },
		{ { .sender = "<" OWEN ">", .recipients = "" }, "" },
	};

	(void)state;
	CHECK(cases);
}

/* An outbound message: the addresses that could not be rewritten. */
static void test_outbound(void **state)
{
	static const struct leak_case cases[] = {
		{ { OUT, .sender = "<" OWEN ">",
			  .recipients = "<a@far.example>",
			  .headers = "From: " OWEN "\nSender: x@far.example" },
			"" },
		/* cannot be written */
		{ { OUT, .sender = "<utf@new.example>",
			  .recipients = "<a@far.example>",
			  .headers = "From: utf@new.example, " OWEN },
			"from utf@new.example;" },
		{ { OUT, .sender = "<utf@new.example>", .smtputf8 = true,
			  .recipients = "<a@far.example>",
			  .headers = "From: utf@new.example" },
			"" },
		{ { OUT, .sender = "<utf@new.example>",
			  .recipients = "<a@old.example>" },
			"" },
		/* shadow */
		{ { OUT, .conf = "outbound_mode = \"shadow\"\n",
			  .sender = "<" OWEN ">",
			  .recipients = "<a@far.example>",
			  .headers = "From: z@new.example\nSender: "
				     "keep@new.example" },
			"from " OWEN ";from z@new.example;" },
		{ { OUT, .conf = "inbound_mode = \"shadow\"\n",
			  .sender = "<" OWEN ">",
			  .recipients = "<a@far.example>" },
			"" },
		/* cannot be read */
		{ { OUT, .sender = "<" OWEN ">",
			  .recipients = "<a@far.example>",
			  .headers = "From: Zoe Zander zoe@new.example" },
			"from zoe@new.example;" },
		{ { OUT, .sender = "<>", .recipients = "<a@far.example>",
			  .headers = "From: \"Zoe <zoe@new.example>, "
				     "y@new.example\nReply-To: "
				     "a b keep@new.example, "
				     "c d only@users.example, "
				     "e f other@users.example, "
				     "x y@far.example" },
			"from zoe@new.example;from y@new.example;"
			"reply-to only@users.example;" },
		{ { OUT, .sender = "<>", .recipients = "<a@far.example>",
			  .headers = u8"From: a b zö@BÜCHER.example\nFrom: c d "
				     u8"z@new.example様" },
			u8"from zö@BÜCHER.example;from z@new.example;" },
		{ { OUT, .sender = "<zoe zander@new.example>",
			  .recipients = "<a@far.example>" },
			"from zander@new.example;" },
		{ { OUT, .sender = "<>", .recipients = "<a@old.example>",
			  .headers = "From: Zoe Zander zoe@new.example" },
			"" },
	};

	(void)state;
	CHECK(cases);
}

/* A leak is found even if its finding is counted and not kept. */
static void test_many(void **state)
{
	static const char rewritten[] = "bob@old.example, ";
	static const char left[] = "utf@new.example, ";
	static const char last[] = "x@far.example\nSender: utf@new.example";
	static const struct leak_case cases[] = {
		{ { .conf = "outbound_headers = {\"Sender\", \"Cc\"}\n",
			  .sender = "<>",
			  .recipients = "<a@far.example>" },
			"sender utf@new.example;" },
		{ { OUT, .sender = "<>", .recipients = "<a@far.example>" },
			"from utf@new.example;sender utf@new.example;" },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct leak_case one = cases[i];
		size_t len = i ? sizeof left - 1 : sizeof rewritten - 1;
		size_t count = (size_t)DECISION_FINDINGS + 500;
		char *headers = malloc(len * count + 100);
		char *end = headers;

		assert_non_null(headers);
		end = stpcpy(end, i ? "From: " : "To: ");
		for (size_t n = 0; n < count; n++)
			end = stpcpy(end, i ? left : rewritten);
		(void)stpcpy(end, last);
		one.test.headers = headers;
		check(&one, 1);
		free(headers);
	}
}

/* A refused message does not leave. */
static void test_refused(void **state)
{
	static const struct leak_case cases[] = {
		{ { OUT, .conf = "outbound_required_headers = {\"X: y\"}\n",
			  .sender = "<" OWEN ">",
			  .recipients = "<a@far.example>",
			  .headers = "From: " OWEN },
			"" },
	};

	(void)state;
	CHECK(cases);
}

struct lines {
	size_t count;
	size_t warnings;
	char first[DECISIONLOG_LINE + 1];
	char last[DECISIONLOG_LINE + 1]; /* of the warnings */
};

static void keep(void *context, enum log_level level, const char *line)
{
	struct lines *lines = context;

	lines->count++;
	assert_true(strlen(line) <= DECISIONLOG_LINE);
	if (level != LOG_LEVEL_WARNING)
		return;
	if (!lines->warnings++)
		(void)snprintf(lines->first, sizeof lines->first, "%s", line);
	(void)snprintf(lines->last, sizeof lines->last, "%s", line);
}

static void report(struct testdecide *test, bool addresses, struct lines *lines)
{
	struct log log = { .level = LOG_LEVEL_DEBUG, .addresses = addresses };

	memset(lines, 0, sizeof *lines);
	test->rules = RULES;
	testdecide_open(test);
	test->message.client = "192.0.2.7";
	test->message.daemon = "OUTBUOND";
	assert_int_equal(testdecide_decide(test), 0);
	decisionlog_lines(&test->decision, &test->message, "4F2A91C03", 12,
		&log, keep, lines);
	testdecide_close(test);
}

static void test_lines(void **state)
{
	struct testdecide one = { .sender = "<" OWEN ">",
		.recipients = "<a@far.example>" };
	struct testdecide hashed = one;
	struct testdecide other = { .conf = "outbound_headers = "
					    "{\"X-Sent-For\"}\n",
		.sender = "<>",
		.recipients = "<a@far.example>",
		.headers = "X-sent-FOR: " OWEN };
	struct testdecide many = { .sender = "<>",
		.recipients = "<a@far.example>" };
	char headers[8000] = "From: ";
	size_t used = strlen(headers);
	struct lines *lines = malloc(sizeof *lines);

	(void)state;
	assert_non_null(lines);
	report(&one, true, lines);
	assert_int_equal(lines->warnings, 1);
	assert_string_equal(lines->first,
		"4F2A91C03: leak=<" OWEN "> field=from why=default "
		"client=192.0.2.7 daemon=OUTBUOND");
	report(&hashed, false, lines);
	assert_int_equal(lines->warnings, 1);
	assert_null(strstr(lines->first, "new.example"));
	report(&other, true, lines);
	assert_string_equal(lines->first,
		"4F2A91C03: leak=<" OWEN "> field=x-sent-for why=default "
		"client=192.0.2.7 daemon=OUTBUOND");
	for (int i = 0; i < 57; i++)
		used += (size_t)snprintf(headers + used, sizeof headers - used,
			"u%02d@new.example, u00@NEW.example,", i);
	many.headers = headers;
	report(&many, true, lines);
	assert_int_equal(lines->warnings, 21);
	assert_string_equal(lines->last,
		"4F2A91C03: leaks=57 logged=20 why=default client=192.0.2.7 "
		"daemon=OUTBUOND");
	free(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inbound),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_outbound),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

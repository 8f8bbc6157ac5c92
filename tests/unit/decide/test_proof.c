/* outbound_required_headers: which were seen with their values, and what a log
 * line says. */
#include "kit/testdecide.h"

#include "decide/proof.h"
#include "decisionlog/prooflog.h"

#define TWO                                                                    \
	"outbound_required_headers = {\"X-Org: a.com\", \"X-Org: b.com\", "    \
	"\"X-Tenant: T1\"}\n"

static struct testdecide message(const char *headers)
{
	return (struct testdecide){ .conf = TWO,
		.rules = "in @w.com;@old.com\n",
		.direction = DECISION_OUTBOUND,
		.why = DECISION_WHY_DAEMON,
		.sender = "<bob@new.com>",
		.recipients = "<x@far.com>",
		.headers = headers };
}

/* Which headers of the list a message shows with their values. */
static void test_right(void **state)
{
	static const struct {
		const char *headers;
		const char *right; /* NULL: unproven */
	} cases[] = {
		{ "X-Org: a.com", "+--" },
		{ "X-Org: b.com", "-+-" },
		{ "X-Org: b.com\nx-org: A.com\nX-Tenant: t1", "+++" },
		{ "X-Tenant:\tT1 ", "--+" },
		{ "X-Tenant: T1\nX-Org: c.com", NULL },
		{ "X-Org: a.com\nX-Tenant: T2", NULL },
		{ "X-Org: T1", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct testdecide test = message(cases[i].headers);
		const bool *right;

		testdecide_run(&test);
		right = test.decision.proof.right;
		assert_int_equal(right != NULL, cases[i].right != NULL);
		for (size_t n = 0; right && n < 3; n++)
			assert_int_equal(right[n], cases[i].right[n] == '+');
		assert_int_equal(test.decision.refuse, !cases[i].right);
		testdecide_close(&test);
	}
}

/* A message that is outbound for another reason shows none, whatever headers it
 * has. */
static void test_not_asked(void **state)
{
	struct testdecide test = message("X-Org: a.com");

	(void)state;
	test.why = DECISION_WHY_AUTHENTICATED;
	testdecide_run(&test);
	assert_null(test.decision.proof.right);
	testdecide_close(&test);
	test = message("X-Org: a.com");
	test.direction = DECISION_INBOUND;
	test.why = DECISION_WHY_DEFAULT;
	testdecide_run(&test);
	assert_null(test.decision.proof.right);
	testdecide_close(&test);
}

/* The reply is 550 only if each header of the list was seen with its value. */
static void test_unseen(void **state)
{
	static const bool seen[][3] = { { false, false, false },
		{ true, false, true }, { false, true, true },
		{ true, true, false }, { true, true, true } };
	static const size_t counts[] = { 3, 1, 1, 1, 0 };
	static const char *const values[] = { "a.com", "b.com", "a.com", "T1",
		NULL };

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct testdecide test = message("X-Org: evil.com");
		const struct decision_proof *proof = &test.decision.proof;

		testdecide_open(&test);
		test.message.required_seen = seen[i];
		assert_int_equal(testdecide_decide(&test), 0);
		assert_true(test.decision.refuse);
		assert_int_equal(proof->unseen_count, counts[i]);
		assert_int_equal(proof->unseen != NULL, values[i] != NULL);
		if (values[i])
			assert_string_equal(proof->unseen->value, values[i]);
		testdecide_close(&test);
	}
}

static void check_text(struct testdecide test, const bool *seen, bool addresses,
	const char *expected)
{
	struct log log = { .level = LOG_LEVEL_DEBUG, .addresses = addresses };
	char text[PROOFLOG_MAX];

	testdecide_open(&test);
	test.message.required_seen = seen;
	test.message.client = "192.0.2.7";
	test.message.daemon = "OUT BOUND>";
	assert_int_equal(testdecide_decide(&test), 0);
	prooflog_text(&test.decision, &test.message, &log, text);
	assert_string_equal(text, expected);
	testdecide_close(&test);
}

static void test_origin(void **state)
{
	static const struct {
		const char *client;
		const char *daemon;
		const char *expected;
	} cases[] = {
		{ "192.0.2.7", "OUTBOUND",
			" client=192.0.2.7 daemon=OUTBOUND" },
		{ NULL, NULL, " client=- daemon=-" },
		{ "", "", " client=- daemon=-" },
		{ "2001:db8::7", NULL, " client=2001:db8::7 daemon=-" },
		{ "a\nb", "c\nd\"", " client=a\\x0Ab daemon=c\\x0Ad\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct decide_message origin = {
			.client = cases[i].client, .daemon = cases[i].daemon
		};
		char text[PROOFLOG_ORIGIN_MAX];

		prooflog_origin(&origin, text);
		assert_string_equal(text, cases[i].expected);
	}
}

#define QUOTE "\\x22"
#define FOUR  QUOTE QUOTE QUOTE QUOTE
/* A value that is cut. */
#define CUT " found=\"X-Org: " FOUR FOUR FOUR FOUR QUOTE "\""

static void test_text(void **state)
{
	static const bool none[3];
	char many[60 * 64] = "";

	(void)state;
	check_text(message("X-Org: evil.com\nX-Tenant:\nFrom: x@y"), NULL, true,
		" client=192.0.2.7 daemon=OUT BOUND\\x3E "
		"found=\"X-Org: evil.com\" found=\"X-Tenant: \"");
	check_text(message(""), none, true,
		" client=192.0.2.7 daemon=OUT BOUND\\x3E found=none "
		"unseen=\"X-Org: a.com\" unseen-more=2");
	/* With log_addresses off, no address is shown. */
	check_text(message("X-Org: bob@new.com"), NULL, false,
		" client=192.0.2.7 daemon=OUT BOUND\\x3E "
		"found=\"X-Org: 67efc84b0b7d\"");
	/* A quote in a value does not end it. */
	check_text(message("X-Org: a\" unseen=\"b\nX-Tenant: \x01 \t"), NULL,
		true,
		" client=192.0.2.7 daemon=OUT BOUND\\x3E "
		"found=\"X-Org: a\\x22 unseen=\\x22b\" "
		"found=\"X-Tenant: \\x01\"");
	/* As many headers as fit are shown, and the rest is counted; unseen
	 * ones have a count of their own. */
	for (int i = 0; i < 60; i++)
		strcat(many, "X-Org: \"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""
			     "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\n");
	check_text(message(many), none, true,
		" client=192.0.2.7 daemon=OUT BOUND\\x3E" CUT CUT " more=58 "
		"unseen=\"X-Org: a.com\" unseen-more=2");
	check_text(message(many), NULL, true,
		" client=192.0.2.7 daemon=OUT BOUND\\x3E" CUT CUT CUT CUT
		" more=56");
	check_text(message("X-Org: 1\nX-Org: 2\nX-Org: 3\nX-Org: 4\nX-Org: 5"),
		NULL, true,
		" client=192.0.2.7 daemon=OUT BOUND\\x3E found=\"X-Org: 1\" "
		"found=\"X-Org: 2\" found=\"X-Org: 3\" found=\"X-Org: 4\" "
		"more=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_not_asked),
		cmocka_unit_test(test_unseen),
		cmocka_unit_test(test_origin),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

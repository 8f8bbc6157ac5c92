/* The sender of an outbound message, by the outbound table. */
#include "kit/testdecide.h"

struct sender_case {
	const char *sender;
	const char *edits;
	enum decision_result result;
	bool none; /* it is the null sender, and nothing is counted */
};

static void test_sender(void **state)
{
	static const char rules[] = "out bob.owen@d;bob@w\n"
				    "out @d;@w\n"
				    "out kept@d;kept@d\n"
				    "out @all;info@w\n"
				    "out chloe@w;Chloe@W\n"
				    "out self@w;\"self\"@W\n"
				    "in x@d;wrong@w\n";
	static const struct sender_case cases[] = {
		{ "<bob.owen@d>", "from bob@w\n", DECISION_REWRITTEN, false },
		{ "bob.owen@d", "from bob@w\n", DECISION_REWRITTEN, false },
		{ "<BOB.Owen@D.>", "from bob@w\n", DECISION_REWRITTEN, false },
		{ "<@r1,@r2:bob.owen@d>", "from bob@w\n", DECISION_REWRITTEN,
			false },
		{ "<bob.owen+News@d>", "from bob+News@w\n", DECISION_REWRITTEN,
			false },
		{ "<X@d>", "from X@w\n", DECISION_REWRITTEN, false },
		{ "<\"a b\"@d>", "from \"a b\"@w\n", DECISION_REWRITTEN,
			false },
		{ "<any+x@all>", "from info@w\n", DECISION_REWRITTEN, false },
		/* Only recipients are left for these characters. */
		{ "<a%b@d>", "from a%b@w\n", DECISION_REWRITTEN, false },
		{ "<kept@d>", "", DECISION_EXCEPTION, false },
		{ "<chloe@w>", "", DECISION_EXCEPTION, false },
		{ "<stranger@elsewhere>", "", DECISION_UNCHANGED, false },
		{ u8"<jörg@d>", "", DECISION_LEFT, false },
		{ "<bob>", "", DECISION_UNPARSABLE, false },
		{ "<", "", DECISION_UNPARSABLE, false },
		/* never looked up */
		{ "<>", "", 0, true },
		{ "", "", 0, true },
		{ " ", "", 0, true },
		{ NULL, "", 0, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct testdecide test = { .rules = rules,
			.direction = DECISION_OUTBOUND,
			.sender = cases[i].sender,
			.recipients = "" };
		uint64_t sum = 0;

		testdecide_check(cases[i].sender ? cases[i].sender : "(NULL)",
			test, cases[i].edits);
		testdecide_run(&test);
		for (int r = 0; r < DECISION_RESULTS; r++)
			sum += test.decision.counts[DECISION_SENDER][r];
		assert_int_equal(sum, cases[i].none ? 0 : 1);
		if (!cases[i].none)
			assert_int_equal(test.decision.counts[DECISION_SENDER]
							     [cases[i].result],
				1);
		testdecide_close(&test);
		/* and never on an inbound message */
		test = (struct testdecide){ .rules = rules,
			.sender = cases[i].sender,
			.recipients = "" };
		testdecide_check("inbound", test, "");
	}
}

/* A sender that is not a plain address, and what Postfix resolved it to. */
static void test_sender_resolved(void **state)
{
	static const struct {
		const char *sender;
		const char *resolved;
		const char *edits;
	} cases[] = {
		{ "<bob>", "bob@d", "from bob@w\n" },
		{ "<d!bob>", "bob@d", "from bob@w\n" },
		{ "<BOB+News@d>", "bob+news@d", "from bob+News@w\n" },
		{ "<bob@d>", "", "from bob@w\n" },
		{ "<bob>", "<>", "" },
		{ "<>", "<>", "" },
		{ "<>", "bob@d", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct testdecide test = { .rules = "out bob@d;bob@w\n",
			.direction = DECISION_OUTBOUND,
			.sender = cases[i].sender,
			.sender_resolved = cases[i].resolved,
			.recipients = "" };

		testdecide_check(cases[i].sender, test, cases[i].edits);
	}
}

static void test_sender_smtputf8(void **state)
{
	struct testdecide test = { .rules = u8"out @d;@w\nout m@d;mö@w\n",
		.direction = DECISION_OUTBOUND,
		.sender = u8"<jörg@d>",
		.recipients = "",
		.smtputf8 = true };

	(void)state;
	testdecide_check("kept", test, u8"from jörg@w\n");
	test.sender = "<m@d>";
	testdecide_check("new", test, u8"from mö@w\n");
	test.smtputf8 = false;
	testdecide_check("new, without", test, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sender),
		cmocka_unit_test(test_sender_resolved),
		cmocka_unit_test(test_sender_smtputf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

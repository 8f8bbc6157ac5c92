/* What the rules make of a text that is not an address. test_envelope.c,
 * test_sender.c and tests/cases test addresses. */
#include "kit/testmap.h"

#include "decide/outcome.h"

static bool names_domain(const struct decide_context *context,
	enum rule_table table, struct bytes text)
{
	struct outcome outcome;

	assert_int_equal(outcome_unread(context, table, text,
				 DECISION_REASON_NO_ADDRESS, &outcome),
		0);
	assert_int_equal(outcome.result, DECISION_UNPARSABLE);
	if (outcome.reason != DECISION_REASON_UNREAD)
		assert_int_equal(outcome.reason, DECISION_REASON_NO_ADDRESS);
	return outcome.reason == DECISION_REASON_UNREAD;
}

static void test_unread(void **state)
{
	static const struct {
		const char *text;
		int inbound;
		int outbound;
	} cases[] = {
		{ "Zoe zoe@new.example", 0, 1 },
		{ "Zoe zoe@NEW.Example,", 0, 1 },
		{ "Zoe zoe@old.example", 1, 0 },
		{ "Zoe zoe@(at) new .example", 0, 1 },
		{ "x@far.example y@new.example", 0, 1 },
		{ "zoe@a.sub.example", 0, 1 },
		{ "zoe@sub.example", 0, 0 },
		{ "zoe@new.example.evil", 0, 0 },
		{ "zoe@xnew.example", 0, 0 },
		{ "new.example", 0, 0 },
		{ u8"z <z@bücher.example", 0, 1 },
		{ u8"z <z@BÜCHER.example", 0, 1 },
		{ "z <z@xn--bcher-kva.example", 0, 1 },
		/* text of another script follows at once */
		{ u8"zoe@new.example様", 0, 1 },
		{ u8"«zoe@new.example»", 0, 1 },
		{ u8"zoe@様", 0, 0 },
		{ "zoe@target.example", 0, 0 },
	};
	struct map *map = testmap_keep("in bob@old.example;b@target.example\n"
				       "out @new.example;@old.example\n"
				       "out @*.sub.example;@old.example\n"
				       "out u@xn--bcher-kva.example;"
				       "u@old.example\n");
	struct decide_context context = { 0 };

	(void)state;
	assert_int_equal(map_reader_open(&context.reader, map), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes text = bytes_of(cases[i].text);

		if (names_domain(&context, RULE_INBOUND, text) !=
				cases[i].inbound ||
			names_domain(&context, RULE_OUTBOUND, text) !=
				cases[i].outbound)
			fail_msg("%s", cases[i].text);
	}
	map_reader_close(context.reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A map that was put in force between MAIL and a recipient. */
#include "kit/testdecide.h"

#define OLD                                                                    \
	"in ann@w.com;ann@new.com\n"                                           \
	"in @x.com;@old.com\n"

static void test_which_map(void **state)
{
	static const struct {
		const char *newer;
		const char *recipients;
		int has;
	} cases[] = {
		/* A rule that only the newer one has. */
		{ "in bob@w.com;bob@new.com\n", "<bob@w.com>", 1 },
		{ "in bob@w.com;bob@w.com\n", "<bob@w.com>", 1 },
		{ "in @w.com;@new.com\n", "<ann@w.com>\n<bob@w.com>", 1 },
		{ "in @*.w.com;@new.com\n", "<ann@w.com>\n<a@b.w.com>", 1 },
		{ "in bob@w.com;b@new.com\n", "<@a.com:bob@w.com>", 1 },
		{ "in bob@w.com;b@new.com\n", "<bob>|r=bob@w.com", 1 },
		/* The older one has one, too: it goes on. */
		{ "in ann@w.com;ann@z.com\n", "<ann@w.com>", 0 },
		{ "in bob@x.com;bob@new.com\n", "<bob@x.com>", 0 },
		/* A rule was taken away, or never stood there. */
		{ "", "<ann@w.com>", 0 },
		{ "in bob@w.com;bob@new.com\n", "<carl@w.com>\n<x@far.com>",
			0 },
		{ "out bob@w.com;bob@new.com\n", "<bob@w.com>", 0 },
		{ "in bob@w.com;bob@new.com\n", "<>\n<bob>\n<bob@>", 0 },
		{ "in bob@w.com;bob@new.com\n", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct testdecide test = { .rules = OLD,
			.recipients = cases[i].recipients };
		struct map *newer = testmap_open(cases[i].newer);
		struct decide_input input;

		testdecide_open(&test);
		input = (struct decide_input){ test.config, test.map,
			DECISION_INBOUND, DECISION_WHY_DEFAULT, &test.message };
		if (decide_needs_newer(&input, newer, test.result) !=
			cases[i].has)
			fail_msg("case %zu", i);
		testdecide_close(&test);
		map_close(newer);
	}
}

/* Where recipients are not looked up, no map has a rule for them. */
static void test_outbound(void **state)
{
	struct map *newer = testmap_open("in bob@w.com;bob@new.com\n");

	(void)state;
	for (int routed = 0; routed < 2; routed++) {
		struct testdecide test = { .rules = OLD,
			.conf = routed ? ""
				       : "outbound_route_recipients = "
					 "false\n",
			.recipients = "<bob@w.com>" };
		struct decide_input input;

		testdecide_open(&test);
		input = (struct decide_input){ test.config, test.map,
			DECISION_OUTBOUND, DECISION_WHY_DAEMON, &test.message };
		assert_int_equal(
			decide_needs_newer(&input, newer, test.result), routed);
		testdecide_close(&test);
	}
	map_close(newer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_map),
		cmocka_unit_test(test_outbound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

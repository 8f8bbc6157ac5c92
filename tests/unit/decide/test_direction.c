/* The direction of a message, and its proof: readdress.conf(5), DIRECTION. */
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

struct direction_case {
	const char *daemon;
	const char *address;
	bool authenticated;
	enum decision_direction direction;
	const char *why;
};

static void check_directions(
	const char *conf, const struct direction_case *cases, size_t count)
{
	struct config *config = testmap_config(conf);

	for (size_t i = 0; i < count; i++) {
		struct decide_client client = { cases[i].daemon,
			cases[i].address, cases[i].authenticated, NULL };
		enum decision_why why = DECISION_WHYS;
		enum decision_direction direction =
			direction_find(config, &client, &why);

		if (direction != cases[i].direction ||
			strcmp(decision_why_name(why), cases[i].why))
			fail_msg("%zu: %s, %s", i,
				decision_direction_name(direction),
				decision_why_name(why));
	}
	config_close(config);
}

static void test_direction(void **state)
{
	static const struct direction_case cases[] = {
		/* 1: the daemon's name, before everything else */
		{ "OUT", "203.0.113.9", false, DECISION_OUTBOUND, "daemon" },
		{ "OUT2", NULL, false, DECISION_OUTBOUND, "daemon" },
		{ "IN", "192.0.2.1", true, DECISION_INBOUND, "daemon" },
		{ "BOTH", NULL, false, DECISION_OUTBOUND, "daemon" },
		{ "out", NULL, false, DECISION_INBOUND, "default" },
		{ "OUTBOUND", NULL, false, DECISION_INBOUND, "default" },
		/* 2: authenticated */
		{ "mx", "203.0.113.9", true, DECISION_OUTBOUND,
			"authenticated" },
		{ NULL, NULL, true, DECISION_OUTBOUND, "authenticated" },
		{ "mx", "192.0.2.1", true, DECISION_OUTBOUND, "authenticated" },
		/* 3: the network */
		{ "mx", "192.0.2.1", false, DECISION_OUTBOUND, "network" },
		{ "mx", "::ffff:192.0.2.1", false, DECISION_OUTBOUND,
			"network" },
		{ "mx", "2001:db8::25", false, DECISION_OUTBOUND, "network" },
		/* 4: otherwise */
		{ "mx", "192.0.3.1", false, DECISION_INBOUND, "default" },
		{ "mx", "2001:db9::25", false, DECISION_INBOUND, "default" },
		{ "mx", "unknown", false, DECISION_INBOUND, "default" },
		{ "", "", false, DECISION_INBOUND, "default" },
		{ NULL, NULL, false, DECISION_INBOUND, "default" },
	};

	(void)state;
	check_directions("outbound_daemons = {\"OUT\", \"OUT2\", \"BOTH\"}\n"
			 "inbound_daemons = {\"IN\", \"BOTH\"}\n"
			 "outbound_networks = {\"192.0.2.0/24\", "
			 "\"2001:db8::/32\"}\n",
		cases, sizeof cases / sizeof *cases);
}

/* Mail of this host's programs is inbound, whatever else is configured. */
static void test_local(void **state)
{
	static const struct direction_case cases[] = {
		{ "LOCAL", "127.0.0.1", true, DECISION_INBOUND, "daemon" },
		{ "LOCAL", "192.0.2.1", false, DECISION_INBOUND, "daemon" },
		{ "LOCAL", NULL, true, DECISION_INBOUND, "daemon" },
		/* Not that service */
		{ "local", "127.0.0.1", false, DECISION_OUTBOUND, "network" },
		{ "LOCAL2", "127.0.0.1", false, DECISION_OUTBOUND, "daemon" },
		{ "", "127.0.0.1", true, DECISION_OUTBOUND, "authenticated" },
	};
	static const struct {
		const char *daemon;
		const char *address;
		bool local;
	} own[] = {
		{ "LOCAL", "127.0.0.1", true },
		{ "LOCAL", "127.9.8.7", true },
		{ "LOCAL", "::1", true },
		{ "LOCAL", "192.0.2.1", false },
		{ "LOCAL", "::ffff:127.0.0.1", false },
		{ "LOCAL", "1127.0.0.1", false },
		{ "LOCAL", NULL, false },
		{ "OUTBOUND", "127.0.0.1", false },
		{ NULL, "127.0.0.1", false },
	};

	(void)state;
	check_directions("outbound_daemons = {\"LOCAL2\"}\n"
			 "outbound_networks = {\"127.0.0.0/8\", "
			 "\"192.0.2.0/24\"}\n",
		cases, sizeof cases / sizeof *cases);
	check_directions("inbound_daemons = {\"LOCAL\"}\n", cases, 3);
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		struct decide_client client = { .daemon_name = own[i].daemon,
			.address = own[i].address };

		assert_int_equal(direction_is_local(&client), own[i].local);
	}
}

static void test_direction_by_default(void **state)
{
	static const struct direction_case cases[] = {
		{ "OUTBOUND", NULL, false, DECISION_OUTBOUND, "daemon" },
		{ "mx", "203.0.113.9", true, DECISION_OUTBOUND,
			"authenticated" },
		/* nobody is outbound until the configuration says who is */
		{ "mx", "127.0.0.1", false, DECISION_INBOUND, "default" },
		{ "mx", "::1", false, DECISION_INBOUND, "default" },
		{ "mx", "10.0.0.1", false, DECISION_INBOUND, "default" },
	};
	static const struct direction_case off[] = {
		{ "mx", "203.0.113.9", true, DECISION_INBOUND, "default" },
		{ "mx", "192.0.2.1", true, DECISION_OUTBOUND, "network" },
	};

	(void)state;
	check_directions(NULL, cases, sizeof cases / sizeof *cases);
	check_directions("outbound_authenticated = false\n"
			 "outbound_networks = {\"192.0.2.1\"}\n",
		off, sizeof off / sizeof *off);
}

#define REQUIRED                                                               \
	"outbound_required_headers = {\"X-OriginatorOrg: drypizza.com\", "     \
	"\"X-Tenant: 4711\"}\n"

static void test_proven(void **state)
{
	static const char *const headers[] = {
		"X-OriginatorOrg: drypizza.com",
		"x-originatororg:drypizza.com",
		"X-OriginatorOrg:   DryPizza.com\t",
		("X-OriginatorOrg: drypizza.com\n"
		 "x-originatororg: DRYPIZZA.com"),
		"X-OriginatorOrg: drypizza.com\nX-Tenant: 4711",
		"From: a@b\nX-Tenant: 4711",
	};

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct testdecide test = { .conf = REQUIRED,
			.rules = RULES,
			.direction = DECISION_OUTBOUND,
			.why = DECISION_WHY_NETWORK,
			.sender = "<bob@new.com>",
			.recipients = "<x@far.com>",
			.headers = headers[i] };

		testdecide_run(&test);
		assert_int_equal(test.decision.direction, DECISION_OUTBOUND);
		assert_int_equal(test.decision.why, DECISION_WHY_NETWORK);
		assert_false(test.decision.refuse);
		assert_string_equal(test.decision.sender, "bob@w.com");
		testdecide_close(&test);
	}
}

static void test_unproven(void **state)
{
	static const char *const headers[] = {
		"",
		"X-OriginatorOrg: drypizza.com.evil.com",
		"X-OriginatorOrg: evil.com drypizza.com",
		"X-OriginatorOrg: 4711",
		"X-OriginatorOrgs: drypizza.com",
		"X-Tenant: ",
		/* every instance must be right */
		"X-OriginatorOrg: other.com\nX-OriginatorOrg: drypizza.com",
		"X-OriginatorOrg: drypizza.com\nX-OriginatorOrg: other.com",
		"X-OriginatorOrg: drypizza.com\nX-OriginatorOrg:",
		"X-OriginatorOrg: drypizza.com\nX-Tenant: 4712",
		"X-Tenant: 4711\nX-OriginatorOrg: 4711",
	};

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		for (int daemon = 0; daemon < 2; daemon++) {
			struct testdecide test = { .conf = REQUIRED,
				.rules = RULES,
				.direction = DECISION_OUTBOUND,
				.why = daemon ? DECISION_WHY_DAEMON
					      : DECISION_WHY_NETWORK,
				.sender = "<bob@new.com>",
				.recipients = "<bob@w.com>",
				.headers = headers[i] };

			testdecide_run(&test);
			assert_int_equal(
				test.decision.direction, DECISION_INBOUND);
			assert_int_equal(
				test.decision.why, DECISION_WHY_UNPROVEN);
			assert_false(test.decision.refuse);
			assert_string_equal(testdecide_edits(&test),
				"+bob@new.com ORCPT=rfc822;bob@w.com\n"
				"-bob@w.com\n");
			testdecide_close(&test);
		}
}

/* Only a message that is outbound by daemon name or network needs proof. */
static void test_no_proof_needed(void **state)
{
	struct testdecide test = { .conf = REQUIRED,
		.rules = RULES,
		.direction = DECISION_OUTBOUND,
		.why = DECISION_WHY_AUTHENTICATED,
		.sender = "<bob@new.com>",
		.recipients = "<x@far.com>" };

	(void)state;
	testdecide_run(&test);
	assert_int_equal(test.decision.direction, DECISION_OUTBOUND);
	assert_int_equal(test.decision.why, DECISION_WHY_AUTHENTICATED);
	assert_string_equal(testdecide_edits(&test), "from bob@w.com\n");
	testdecide_close(&test);

	test.direction = DECISION_INBOUND;
	test.why = DECISION_WHY_DEFAULT;
	testdecide_run(&test);
	assert_int_equal(test.decision.why, DECISION_WHY_DEFAULT);
	assert_false(test.decision.refuse);
	testdecide_close(&test);
}

static void test_foreign(void **state)
{
	static const struct {
		const char *recipients;
		const char *refused; /* NULL: none */
	} cases[] = {
		{ "<bob@w.com>", NULL },
		{ "<Nobody.At@W.COM.>", NULL },
		{ "<x@a.sub.com>\n<x@b.a.sub.com>", NULL },
		{ "<other@only.com>", NULL }, /* named by a user rule */
		{ u8"<x@bücher.example>", NULL },
		{ "<x@sub.com>", "x@sub.com" }, /* not a sub-domain */
		{ "<x@far.com>", "x@far.com" },
		{ "<bob@w.com>\n<x@far.com>\n<y@far.com>", "x@far.com" },
		{ "<@w.com:x@far.com>", "x@far.com" },
		{ "<x@old.com>", "x@old.com" }, /* a target is not a source */
		{ "<x@w.com.evil.com>", "x@w.com.evil.com" },
		{ "<x@aw.com>", "x@aw.com" },
		{ "<x%far.com@w.com>|r=x@far.com", "x%far.com@w.com" },
		{ "<far.com!x>|r=x@far.com", "far.com!x" },
		{ "<w.com!bob>|r=bob@w.com", NULL },
		{ "<x>", "x" },
		/* a domain that no rule can name */
		{ u8"<x@\u202e.com>", u8"x@\u202e.com" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct testdecide test = { .conf = REQUIRED,
			.rules = RULES,
			.direction = DECISION_OUTBOUND,
			.why = DECISION_WHY_NETWORK,
			.sender = "<bob@new.com>",
			.recipients = cases[i].recipients,
			.headers = "From: bob@new.com\nTo: bob@w.com" };

		testdecide_run(&test);
		assert_int_equal(test.decision.why, DECISION_WHY_UNPROVEN);
		if (test.decision.refuse != (cases[i].refused != NULL))
			fail_msg("%s", cases[i].recipients);
		if (cases[i].refused) {
			assert_true(bytes_equal(test.decision.refused,
				bytes_of(cases[i].refused)));
			assert_false(decision_changes(&test.decision));
			assert_string_equal(testdecide_edits(&test), "");
		}
		testdecide_close(&test);
	}
}

/* Shadow mode refuses the messages of strangers, too. */
static void test_foreign_in_shadow(void **state)
{
	static const char *const modes[] = {
		REQUIRED "outbound_mode = \"shadow\"\n",
		REQUIRED "inbound_mode = \"shadow\"\n",
		REQUIRED "outbound_mode = \"shadow\"\n"
			 "inbound_mode = \"shadow\"\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		struct testdecide test = { .conf = modes[i],
			.rules = RULES,
			.direction = DECISION_OUTBOUND,
			.why = DECISION_WHY_NETWORK,
			.sender = "<bob@new.com>",
			.recipients = "<bob@w.com>\n<x@far.com>" };

		testdecide_run(&test);
		assert_int_equal(test.decision.why, DECISION_WHY_UNPROVEN);
		assert_true(test.decision.refuse);
		assert_true(bytes_equal(
			test.decision.refused, bytes_of("x@far.com")));
		assert_string_equal(testdecide_edits(&test), "");
		testdecide_close(&test);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_direction),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_direction_by_default),
		cmocka_unit_test(test_proven),
		cmocka_unit_test(test_unproven),
		cmocka_unit_test(test_no_proof_needed),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_foreign_in_shadow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

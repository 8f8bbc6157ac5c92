/* What is remembered of the envelope, and that headers are decided with it as
 * without it. */
#include "kit/testdecide.h"

#include <inttypes.h>

#include "decide/envelope.h"

#define RULES                                                                  \
	"in bob@old;bob@new\n"                                                 \
	"in team@old;t1@new,t2@new\n"                                          \
	"in self@old;self@old\n"                                               \
	"in both@old;both@old,both@new\n"                                      \
	"in umlaut@old;umlaut@new\n"                                           \
	"in plus@old;" LONG64 "@" LONG180 "\n"                                 \
	"in @all;info@new\n"                                                   \
	"in @kept;@new\n"                                                      \
	"in bob@kept;bob@kept\n"                                               \
	"out bob@new;bob@old\n"                                                \
	"out @new;@old\n"                                                      \
	"out @all2;info@old\n"
#define LONG16	"abcdefghijklmnop"
#define LONG64	LONG16 LONG16 LONG16 LONG16
#define LONG180 LONG16 LONG16 "." LONG16 LONG16 "." LONG16 LONG16 ".example"

static const char *const addresses[] = {
	"bob@old",
	"BOB@OLD",
	"bob@old.",
	"\"bob\"@old",
	"bob+tag@old",
	"team@old",
	"self@old",
	"both@old",
	u8"umlaut+ö@old",
	"plus+" LONG64 LONG16 "@old",
	"any+x@all",
	"any%x@all",
	"any+a%b@all",
	u8"any+ö@all",
	"zoe@kept",
	"a%b@kept",
	u8"zoë@kept",
	"bob@kept",
	"bob@new",
	"zoe@new",
	"zoe%x@new",
	"any+x@all2",
	u8"any+ö@all2",
	"nobody@elsewhere",
};

/* Decides a message whose headers have the address. other: the envelope has
 * another one, so that nothing can be remembered. Returns the edits of headers,
 * and what was counted. */
static char *edits_of(const char *address, enum decision_direction direction,
	bool smtputf8, bool other)
{
	char path[600];
	char headers[2600];
	struct testdecide test = { .rules = RULES,
		.conf = "outbound_route_recipients = true\n"
			"outbound_headers = { \"From\", \"To\" }\n",
		.direction = direction,
		.smtputf8 = smtputf8,
		.sender = other ? "<x@elsewhere>" : path,
		.recipients = other ? "<y@elsewhere>" : path,
		.headers = headers };
	char *edits;
	int len;

	(void)snprintf(path, sizeof path, "<%s>", address);
	(void)snprintf(headers, sizeof headers,
		"From: %s\nTo: X <%s>, y@old\nTo: %s, %s\n", address, address,
		address, address);
	testdecide_run(&test);
	edits = malloc(8192);
	assert_non_null(edits);
	len = 0;
	for (size_t i = 0; i < test.decision.header_count; i++)
		len += snprintf(edits + len, 8192 - (size_t)len, "%zu %.*s\n",
			test.decision.headers[i].index,
			(int)test.decision.headers[i].value.len,
			test.decision.headers[i].value.data);
	for (int i = 0; i < DECISION_RESULTS; i++)
		len += snprintf(edits + len, 8192 - (size_t)len, "%" PRIu64 " ",
			test.decision.counts[DECISION_HEADER][i]);
	for (size_t i = 0; i < test.decision.finding_count; i++) {
		const struct decision_finding *finding =
			&test.decision.findings[i];

		if (finding->field == DECISION_HEADER)
			len += snprintf(edits + len, 8192 - (size_t)len,
				"\n%.*s %.*s %.*s %d %d", (int)finding->old.len,
				finding->old.data, (int)finding->new.len,
				finding->new.data ? finding->new.data : "",
				(int)finding->key.len,
				finding->key.data ? finding->key.data : "",
				finding->result, finding->reason);
	}
	testdecide_close(&test);
	return edits;
}

static void test_headers_are_decided_alike(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		for (int way = 0; way < 4; way++) {
			enum decision_direction direction =
				way & 1 ? DECISION_OUTBOUND : DECISION_INBOUND;
			char *with = edits_of(
				addresses[i], direction, way & 2, false);
			char *without = edits_of(
				addresses[i], direction, way & 2, true);

			if (strcmp(with, without) != 0)
				fail_msg("%s: %s\nnot remembered: %s",
					addresses[i], with, without);
			free(with);
			free(without);
		}
}

static struct mailbox mailbox_of(const char *text)
{
	struct mailbox mailbox;

	assert_int_equal(address_parse(text, strlen(text), &mailbox, NULL), 0);
	return mailbox;
}

static bool finds(const struct decide_context *context, enum rule_table table,
	const char *text, struct outcome *outcome)
{
	struct mailbox mailbox = mailbox_of(text);

	return envelope_recall(context, table, &mailbox, outcome);
}

static void test_only_the_same_is_found(void **state)
{
	struct decide_context context = { .arena = arena_open(SIZE_MAX) };
	struct mailbox bob = mailbox_of("bob@old");
	struct outcome outcome = { .result = DECISION_EXCEPTION,
		.kind = RULE_EXCEPTION };
	struct outcome found;

	(void)state;
	assert_non_null(context.arena);
	context.memory = envelope_memory_make(context.arena, 1);
	assert_non_null(context.memory);
	assert_false(finds(&context, RULE_INBOUND, "bob@old", &found));
	assert_int_equal(
		envelope_remember(&context, RULE_INBOUND, &bob, &outcome), 0);
	assert_true(finds(&context, RULE_INBOUND, "<bob@old>", &found));
	assert_int_equal(found.result, DECISION_EXCEPTION);
	assert_int_equal(found.kind, RULE_EXCEPTION);
	assert_false(finds(&context, RULE_OUTBOUND, "bob@old", &found));
	assert_false(finds(&context, RULE_INBOUND, "bob@ol", &found));
	assert_false(finds(&context, RULE_INBOUND, "bob@olds", &found));
	assert_false(finds(&context, RULE_INBOUND, "bob@new", &found));
	assert_false(finds(&context, RULE_INBOUND, "Bob@old", &found));
	arena_close(context.arena);
}

static void test_what_could_differ_is_not_remembered(void **state)
{
	static const struct outcome outcomes[] = {
		{ .result = DECISION_LEFT, .reason = DECISION_REASON_ROUTED },
		{ .result = DECISION_REWRITTEN, .target_count = 2 },
		{ .result = DECISION_UNCHANGED, .target_count = 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
		struct decide_context context = { .arena = arena_open(
							  SIZE_MAX) };
		struct mailbox bob = mailbox_of("bob@old");
		struct outcome found;

		assert_non_null(context.arena);
		context.memory = envelope_memory_make(context.arena, 1);
		assert_non_null(context.memory);
		assert_int_equal(envelope_remember(&context, RULE_INBOUND, &bob,
					 &outcomes[i]),
			0);
		assert_false(finds(&context, RULE_INBOUND, "bob@old", &found));
		arena_close(context.arena);
	}
}

/* Whatever the number of addresses, an outcome is that of its address. */
static void test_many(void **state)
{
	struct decide_context context = { .arena = arena_open(SIZE_MAX) };
	size_t found_count = 0;
	char text[64];

	(void)state;
	assert_non_null(context.arena);
	context.memory = envelope_memory_make(context.arena, 20000);
	assert_non_null(context.memory);
	for (unsigned i = 0; i < 20000; i++) {
		struct outcome outcome = { .result = DECISION_REWRITTEN,
			.target_count = 1,
			.reason = (enum decision_reason)(i % 3) };
		struct mailbox mailbox;

		(void)snprintf(text, sizeof text, "user%u@old", i);
		mailbox = mailbox_of(text);
		assert_int_equal(envelope_remember(&context, RULE_INBOUND,
					 &mailbox, &outcome),
			0);
	}
	for (unsigned i = 0; i < 20000; i++) {
		struct outcome found;

		(void)snprintf(text, sizeof text, "user%u@old", i);
		if (!finds(&context, RULE_INBOUND, text, &found))
			continue;
		assert_int_equal(found.reason, i % 3);
		found_count++;
	}
	assert_true(found_count > 3000);
	arena_close(context.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers_are_decided_alike),
		cmocka_unit_test(test_only_the_same_is_found),
		cmocka_unit_test(test_what_could_differ_is_not_remembered),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

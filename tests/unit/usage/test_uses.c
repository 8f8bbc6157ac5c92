/* What a message adds to a delta: readdress-milter(8), USAGE. */
#include "kit/testdecide.h"

#include "usage/uses.h"

#include <unistd.h>

#define RULES                                                                  \
	"in bob@old.example;bob.owen@new.example\n"                            \
	"in stay@old.example;stay@old.example\n"                               \
	"in @old.example;@new.example\n"                                       \
	"in @*.deep.example;all@new.example\n"                                 \
	"out bob.owen@new.example;bob@old.example\n"                           \
	"out @new.example;@old.example\n"

#define NOON INT64_C(1795262400) /* 2026-11-21T12:00:00Z */
#define OUT  .direction = DECISION_OUTBOUND, .why = DECISION_WHY_DAEMON

struct record_case {
	struct testdecide test;
	/* Each entry: its kind, table, counts without zeros at the end, name
	 * with "|" for NUL, and ";". */
	const char *entries;
};

static void tell(const struct delta *delta, char *text, size_t size)
{
	static const char kinds[] = "rulds";
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < delta_count(delta); i++) {
		struct usage_entry entry;
		size_t counts = USAGE_COUNTS;

		delta_entry(delta, i, &entry);
		while (counts && !entry.counts[counts - 1])
			counts--;
		used += (size_t)snprintf(text + used, size - used, "%c%s ",
			kinds[entry.what],
			entry.table == RULE_INBOUND ? "in" : "out");
		for (size_t n = 0; n < counts; n++)
			used += (size_t)snprintf(text + used, size - used,
				"%s%d", n ? "," : "", (int)entry.counts[n]);
		text[used++] = ' ';
		for (size_t n = 0; n < entry.name.len; n++)
			text[used++] =
				entry.name.data[n] ? entry.name.data[n] : '|';
		text[used++] = ';';
		text[used] = '\0';
	}
}

static void check_times(
	const struct record_case *cases, size_t count, unsigned times)
{
	for (size_t i = 0; i < count; i++) {
		struct testdecide test = cases[i].test;
		struct delta *delta = delta_open(7);
		char text[4096];

		assert_non_null(delta);
		test.rules = test.rules ? test.rules : RULES;
		testdecide_run(&test);
		test.message.client = "192.0.2.77";
		for (unsigned n = 0; n < times; n++)
			uses_record(delta, test.config, &test.message,
				&test.decision, NOON);
		tell(delta, text, sizeof text);
		if (strcmp(text, cases[i].entries))
			fail_msg("%zu:\n%s instead of\n%s", i, text,
				cases[i].entries);
		assert_int_equal(delta_lost(delta), 0);
		testdecide_close(&test);
		delta_close(delta);
	}
}

#define CHECK(cases) check_times(cases, sizeof(cases) / sizeof *(cases), 1)

/* Each rule once for each message, in envelope and header; an address without
 * a rule of its own without tag and extension; an exception is used, too. */
static void test_inbound(void **state)
{
	static const struct record_case cases[] = {
		{ { .sender = "<Ann@Far.example>",
			  .recipients = "<bob@old.example>",
			  .headers = "To: bob@old.example, Bob@OLD.example" },
			"rin 1,0,1,1 bob@old.example;"
			"sin 1 far.example|old.example;"
			"din 1,1 2026-11-21|inbound|rewritten;" },
		{ { .sender = "<>",
			  .recipients = "<x+news@old.example>\n"
					"<prvs=0123456789=X@old.example>\n"
					"<y@old.example>" },
			"rin 1,0,1 @old.example;uin 1 x@old.example;"
			"sin 1 <>|old.example;uin 1 y@old.example;"
			"din 1 2026-11-21|inbound|rewritten;" },
		{ { .sender = "<a@far.example>",
			  .recipients = "<stay@old.example>" },
			"rin 1,0,1 stay@old.example;"
			"sin 1 far.example|old.example;"
			"din 1,1 2026-11-21|inbound|unchanged;" },
		{ { .sender = u8"<a@BÜCHER.example>",
			  .smtputf8 = true,
			  .recipients = "<z@a.deep.example>" },
			"rin 1,0,1 @*.deep.example;uin 1 z@a.deep.example;"
			"sin 1 xn--bcher-kva.example|*.deep.example;"
			"din 1 2026-11-21|inbound|rewritten;" },
		{ { .sender = "<a@far.example>",
			  .recipients = "<b@else.example>" },
			"din 1 2026-11-21|inbound|unchanged;" },
		/* what could not be applied was not used */
		{ { .sender = "<a@far.example>",
			  .recipients = "<\"b%c\"@old.example>" },
			"din 1 2026-11-21|inbound|unchanged;" },
	};

	(void)state;
	CHECK(cases);
}

static void test_outbound(void **state)
{
	static const struct record_case cases[] = {
		{ { OUT, .sender = "<bob.owen@new.example>",
			  .recipients = "<a@far.example>\n<bob@old.example>",
			  .headers = "From: x@new.example" },
			"rout 1,0,1 bob.owen@new.example;"
			"rin 1,0,1 bob@old.example;"
			"rout 1,0,0,1 @new.example;uout 1 x@new.example;"
			"din 1,1 2026-11-21|outbound|rewritten;"
			"dout 1,1 2026-11-21|outbound|rewritten;" },
	};

	(void)state;
	CHECK(cases);
}

static void test_shadow(void **state)
{
	static const struct record_case cases[] = {
		{ { .conf = "inbound_mode = \"shadow\"\n",
			  .sender = "<a@far.example>",
			  .recipients = "<bob@old.example>\n<x@old.example>",
			  .headers = "To: bob@old.example" },
			"rin 0,1,0,0,1,1 bob@old.example;"
			"sin 0,1 far.example|old.example;"
			"rin 0,1,0,0,1 @old.example;uin 0,1 x@old.example;"
			"din 1,1 2026-11-21|inbound|shadow;" },
	};

	(void)state;
	CHECK(cases);
}

/* A header that stays as it is, because it is signed, uses no rule. */
static void test_left(void **state)
{
	static const struct record_case cases[] = {
		{ { .conf = "inbound_rewrite_headers = \"unless-signed\"\n",
			  .sender = "<a@far.example>",
			  .recipients = "<b@else.example>",
			  .headers = "DKIM-Signature: v=1; h=To; d=far.example"
				     "\nTo: x@old.example, stay@old.example" },
			"rin 1,0,0,1 stay@old.example;"
			"din 1,1 2026-11-21|inbound|unchanged;" },
	};

	(void)state;
	CHECK(cases);
}

static void test_leaks(void **state)
{
	static const struct record_case cases[] = {
		{ { .sender = "<bob.owen@new.example>",
			  .recipients = "<a@far.example>",
			  .headers = "From: Bob.Owen@new.example\n"
				     "Reply-To: y@new.example" },
			"lout 1 bob.owen@new.example|from|192.0.2.0/24;"
			"lout 1 y@new.example|reply-to|192.0.2.0/24;"
			"din 1 2026-11-21|inbound|unchanged;" },
	};

	(void)state;
	CHECK(cases);
}

/* A message that was decided when it first came was counted then. */
static void test_requeued(void **state)
{
	static const struct record_case cases[] = {
		{ { .why = DECISION_WHY_REQUEUED,
			  .sender = "<a@far.example>",
			  .recipients = "<bob@old.example>",
			  .headers = "To: bob@old.example" },
			"" },
	};

	(void)state;
	CHECK(cases);
}

static void test_twice(void **state)
{
	static const struct record_case cases[] = {
		{ { .sender = "<a@far.example>",
			  .recipients = "<bob@old.example>" },
			"rin 2,0,2 bob@old.example;"
			"sin 2 far.example|old.example;"
			"din 2,2 2026-11-21|inbound|rewritten;" },
	};

	(void)state;
	check_times(cases, 1, 2);
}

/* A full delta loses what is new, counts on what it has, and says so. */
static void test_full(void **state)
{
	struct delta *delta = delta_open(1);
	char name[32];
	struct usage_entry entry;

	(void)state;
	assert_non_null(delta);
	for (int i = 0; i < DELTA_ENTRIES; i++) {
		(void)snprintf(name, sizeof name, "%d@a.example", i);
		delta_begin(delta, NOON + i);
		assert_int_equal(
			delta_is_half_full(delta), i >= DELTA_ENTRIES / 2);
		delta_add(
			delta, USAGE_UNRULED, RULE_INBOUND, bytes_of(name), 1);
	}
	assert_int_equal(delta_count(delta), DELTA_ENTRIES);
	assert_int_equal(delta_lost(delta), 0);
	delta_begin(delta, NOON - 1);
	delta_add(delta, USAGE_UNRULED, RULE_INBOUND, bytes_of(name), 1);
	assert_int_equal(delta_lost(delta), 0);
	delta_entry(delta, DELTA_ENTRIES - 1, &entry);
	assert_int_equal(entry.counts[0], 2);
	assert_int_equal(entry.first, NOON - 1);
	assert_int_equal(entry.last, NOON + DELTA_ENTRIES - 1);
	delta_add(delta, USAGE_UNRULED, RULE_OUTBOUND, bytes_of(name), 1);
	assert_int_equal(delta_count(delta), DELTA_ENTRIES);
	assert_int_equal(delta_lost(delta), NOON - 1);
	delta_close(delta);
}

/* Each message has the day of its time, also when the clock was set back. */
static void test_day(void **state)
{
	static const struct {
		int64_t now;
		const char *day;
	} cases[] = {
		{ NOON, "2026-11-21" },
		{ NOON + 12 * 3600 - 1, "2026-11-21" },
		{ NOON + 12 * 3600, "2026-11-22" },
		{ NOON - 12 * 3600, "2026-11-21" },
		{ NOON - 12 * 3600 - 1, "2026-11-20" },
		{ -1, "1970-01-01" },
		{ INT64_MAX, "2106-02-07" },
		{ NOON, "2026-11-21" },
	};
	struct delta *delta = delta_open(1);

	(void)state;
	assert_non_null(delta);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		delta_begin(delta, cases[i].now);
		assert_string_equal(delta_day(delta), cases[i].day);
	}
	delta_close(delta);
}

static long resident_pages(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = -1;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
	(void)fclose(file);
	return pages;
}

static struct delta *delta_of_one(void)
{
	struct delta *delta = delta_open(1);

	assert_non_null(delta);
	delta_begin(delta, NOON);
	delta_add(
		delta, USAGE_UNRULED, RULE_INBOUND, bytes_of("a@a.example"), 1);
	return delta;
}

/* A delta takes the memory of what is in it, and not of what would fit, also
 * when others were closed before: the milter opens eight anew every minute. */
static void test_memory(void **state)
{
	struct delta *deltas[8] = { NULL };
	long before;
	long after;

	(void)state;
	/* An emulator of another machine takes memory for code that is new. */
	for (int i = 0; i < 2; i++) {
		delta_close(delta_of_one());
		before = resident_pages();
	}
	for (int minute = 0; minute < 3; minute++)
		for (int i = 0; i < 8; i++) {
			struct delta *fresh = delta_of_one();

			delta_close(deltas[i]);
			deltas[i] = fresh;
		}
	after = resident_pages();
	for (int i = 0; i < 8; i++)
		delta_close(deltas[i]);
	assert_true((after - before) * sysconf(_SC_PAGESIZE) < 1 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inbound),
		cmocka_unit_test(test_outbound),
		cmocka_unit_test(test_shadow),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_leaks),
		cmocka_unit_test(test_requeued),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_day),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The n-th allocation fails, for every n: decide() and rule_make() say so, or
 * they have not needed it. Never a crash, never half a decision called one.
 */
#include "testdecide.h"

#include <errno.h>

/* This program's own malloc: libraries that it calls use it, too. Not with a
 * sanitizer that counts on its own from the first instruction. */
#ifdef __has_feature
#define HAS(feature) __has_feature(feature)
#else
#define HAS(feature) 0
#endif
#if HAS(thread_sanitizer) || defined(__SANITIZE_THREAD__)
#define OURS 0
#elif HAS(address_sanitizer) || defined(__SANITIZE_ADDRESS__)
#define OURS	   1
#define REAL(name) __interceptor_##name
#else
#define OURS	   1
#define REAL(name) __libc_##name
#endif

static long countdown = -1; /* the allocation that fails; -1: none */
static bool for_good;	    /* and all behind it */
static long allocations;

#if OURS
void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *old, size_t size);

static bool fails(void)
{
	allocations++;
	if (countdown < 0)
		return false;
	if (countdown > 0) {
		countdown--;
		return false;
	}
	if (!for_good)
		countdown = -1;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : REAL(malloc)(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : REAL(calloc)(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : REAL(realloc)(old, size);
}
#endif

#define RULES                                                                  \
	"in bob@w.com;bob@new.com\n"                                           \
	"in t@w.com;a@x.com,j\xc3\xb6rg@y.com,\"c d\"@z.com\n"                 \
	"in @w.com;@old.com\n"                                                 \
	"in j\xc3\xb6rg@w.com;joerg@new.com\n"                                 \
	"in @*.sub.com;@old.com\n"                                             \
	"in @b\xc3\xbc"                                                        \
	"cher.example;@new.com\n"                                              \
	"out bob@new.com;bob@w.com\n"                                          \
	"out @old.com;@w.com\n"

static const struct testdecide messages[] = {
	{ .rules = RULES,
		.smtputf8 = true,
		.recipients = "<bob@w.com>|n=NEVER\n<u!x>|r=x@w.com\n"
			      "<J\xc3\x96RG@w.com>|r=j\xc3\xb6rg@w.com\n"
			      "<t@w.com>\n<q@B\xc3\x9c"
			      "CHER.example>\n<u>",
		.headers = "To: bob@w.com, Chloe <chloe@w.com>, @\n"
			   "Cc: j\xc3\xb6rg@w.com" },
	{ .rules = RULES,
		.direction = OUTBOUND,
		.conf = "inbound_mode = \"shadow\"\n",
		.sender = "<\"bob\"@New.com>",
		.recipients = "<bob@w.com>",
		.headers = "From: bob@new.com\nSender: x@old.com" },
	{ .rules = RULES,
		.direction = OUTBOUND,
		.why = "network",
		.conf = "outbound_required_headers = {\"X: y\"}\n",
		.recipients = "<j\xc3\xb6rg@b\xc3\xbc"
			      "cher.example>"
			      "|r=j\xc3\xb6rg@b\xc3\xbc"
			      "cher.example\n"
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
	char *text = arena_octets(test->arena, size);

	assert_non_null(text);
	(void)snprintf(text, size, "%d %s %d %d %zu %.*s\n%s",
		decision->direction, decision->why, decision->refuse,
		decision->shadow, decision->finding_count,
		(int)decision->refused.len,
		decision->refuse ? decision->refused.data : "", edits);
	return text;
}

static void test_decide(void **state)
{
	(void)state;
	if (!OURS)
		skip();
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		struct testdecide test = messages[i];
		const char *whole;
		long needed;
		long refused = 0;

		testdecide_run(&test);
		whole = outcome(&test);
		arena_reset(test.result);
		allocations = 0;
		assert_int_equal(testdecide_decide(&test), 0);
		needed = allocations;
		assert_true(needed > 3);
		for (long n = 0; n <= 2 * needed; n++) {
			int result;

			arena_reset(test.result);
			for_good = n % 2;
			countdown = n / 2;
			result = testdecide_decide(&test);
			countdown = -1;
			if (!result && strcmp(whole, outcome(&test)))
				fail_msg("%zu, allocation %ld:\n%s--- instead "
					 "of\n%s",
					i, n / 2, outcome(&test), whole);
			if (result && result != ERR_NOMEM)
				fail_msg("%zu, allocation %ld: %d", i, n / 2,
					result);
			refused += result != 0;
		}
		assert_true(refused > needed);
		testdecide_close(&test);
	}
}

/* The arena's cap: at each point of the decision. */
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
			assert_non_null(arena_octets(test.result, used));
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

static void test_rules(void **state)
{
	static const char *const rows[][2] = {
		{ "j\xc3\xb6rg@b\xc3\xbc"
		  "cher.example",
			"j\xc3\xb6rg@b\xc3\xbc"
			"cher.example" },
		{ "@B\xc3\x9c"
		  "CHER.example",
			"@b\xc3\xbc"
			"cher2.example" },
		{ "@*.b\xc3\xbc"
		  "cher.example",
			"@*.b\xc3\xbc"
			"cher.example" },
		{ "@w.com", "a@b\xc3\xbc"
			    "cher.example,@x.com" },
	};

	(void)state;
	if (!OURS)
		skip();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *arena = arena_open((size_t)1 << 20);
		struct rule whole;
		struct rule rule;
		long needed;

		assert_non_null(arena);
		allocations = 0;
		assert_int_equal(
			rule_make(arena, RULE_INBOUND, bytes_of(rows[i][0]),
				bytes_of(rows[i][1]), true, &whole, NULL),
			0);
		needed = allocations;
		for (long n = 0; n < needed; n++) {
			int result;

			countdown = n;
			for_good = false;
			result = rule_make(arena, RULE_INBOUND,
				bytes_of(rows[i][0]), bytes_of(rows[i][1]),
				true, &rule, NULL);
			countdown = -1;
			if (result && result != ERR_NOMEM)
				fail_msg("%s, allocation %ld: %d", rows[i][0],
					n, result);
			if (!result)
				assert_true(
					bytes_equal(rule.key, whole.key) &&
					bytes_equal(rule.value, whole.value));
		}
		arena_close(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decide),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The rules that rule_make() refuses, and its messages. */
#include "kit/testmap.h"
#include "rules/ruletarget.h"

struct rule_case {
	enum rule_table table;
	const char *source;
	const char *target;
	const char *reason; /* the message; "..." stands for any text */
	bool utf8;
};

#define IN  RULE_INBOUND
#define OUT RULE_OUTBOUND
#define RTE RULE_ROUTES

static const struct rule_case refused[] = {
	{ IN, "", "b@b.com", "the source is empty", false },
	{ IN, "bob@a.com", " ", "the target is empty", false },
	/* no domain */
	{ IN, "bob@a.com", "bob", "target \"bob\" has no domain", false },
	{ IN, "bob@a.com", "bob@", "target \"bob@\" has no domain", false },
	{ IN, "bob@a.com", "bob@.", "target \"bob@.\" has no domain", false },
	{ IN, "@a.com", "@", "target \"@\" has no domain", false },
	{ IN, "@a.com", "bob", "target \"bob\" has no domain", false },
	{ IN, "@a.com", "b.com",
		"target \"b.com\" has no domain; a whole domain is written as "
		"@b.com",
		false },
	{ IN, "bob", "b@b.com", "source \"bob\" has no domain", false },
	{ IN, "@", "b@b.com", "source \"@\" has no domain", false },
	{ IN, "@*.", "@b.com", "source \"@*.\" has no domain", false },
	{ IN, "a.com", "b.com",
		"source \"a.com\" has no domain; a whole domain is written as "
		"@a.com",
		false },
	{ IN, "Bob <bob@a.com>", "b@b.com",
		"source ... outside quotes; write only the address, without a "
		"name and without \"<>\"",
		false },
	{ IN, "mailto:bob@a.com", "b@b.com",
		"source \"mailto:bob@a.com\" contains \":\" outside quotes; "
		"write only the address",
		false },
	/* no local part */
	{ IN, "bob@a.com", "\"\"@b.com",
		"target \"\"\"@b.com\" has no local part", false },
	{ IN, "\"\"@a.com", "b@b.com",
		"source \"\"\"@a.com\" has no local part", false },
	/* % and ! */
	{ IN, "bob@a.com", "bob%c@b.com", "target \"bob%c@b.com\" ...", false },
	{ IN, "bob@a.com", "c!bob@b.com", "target \"c!bob@b.com\" ...", false },
	{ IN, "bob@a.com", "\"bob%c\"@b.com", "target ...", false },
	{ IN, "@a.com", "bob%c@b.com", "target ...", false },
	{ OUT, "bob@a.com", "c!bob@b.com", "target ...", false },
	{ IN, "t@a.com", "ok@b.com,c!bob@b.com", "target \"c!bob@b.com\" ...",
		false },
	{ IN, "c!bob@a.com", "c!bob@a.com,c@b.com",
		"target \"c!bob@a.com\" ...", false },
	{ IN, "c!bob@a.com", "d!bob@a.com", "target \"d!bob@a.com\" ...",
		false },
	/* no mail can be sent to these */
	{ IN, "bob@a.com", "x@1.2.3.4",
		"target \"x@1.2.3.4\" has a domain whose last label is a "
		"number, to which no mail can be sent; write an IP address in "
		"brackets, like [192.0.2.1]",
		false },
	{ IN, "@a.com", "@1.2.3.4", "target \"@1.2.3.4\" has a domain ...",
		false },
	{ IN, "@a.com", "x@1.2.3.4.", "target \"x@1.2.3.4.\" has a ...",
		false },
	{ IN, "@*.a.com", "@b.com.123", "target \"@b.com.123\" has ...",
		false },
	{ OUT, "@a.com", "@123", "target \"@123\" has a domain ...", false },
	{ OUT, "bob@a.com", "bob@7", "target \"bob@7\" has a domain ...",
		false },
	{ IN, "t@a.com", "a@b.com,x@b.0", "target \"x@b.0\" has ...", false },
	{ IN, "@a.com", "@b.com,@b.0", "target \"@b.0\" has ...", false },
	{ IN, "bob@a.com", u8"x@bücher.42", "target ... [192.0.2.1]", false },
	/* underscores are for sources */
	{ IN, "@my_corp.local", "@your_corp.local",
		"target \"@your_corp.local\" has a bad domain; expected labels "
		"of letters, digits and hyphens, separated by dots",
		false },
	{ OUT, "bob@new.com", "bob@my_corp.local", "target ...", false },
	{ IN, "@my corp.local", "@b.com", "source ...", false },
	{ IN, "@-my_corp.local", "@b.com",
		"source \"@-my_corp.local\" has a bad domain; expected labels "
		"of letters, digits, underscores and hyphens, separated by "
		"dots",
		false },
	/* a source route, angle brackets, a name */
	{ IN, "bob@a.com", "@x.com:bob@b.com",
		"target \"@x.com:bob@b.com\" ...", false },
	{ IN, "@a.com", "@x.com:bob@b.com", "target ...", false },
	{ IN, "@a.com", "@x.com,@y.com:bob@b.com", "target ...", false },
	{ IN, "bob@a.com", "<bob@b.com>", "target \"<bob@b.com>\" ...", false },
	{ IN, "bob@a.com", "Bob <bob@b.com>", "target ...", false },
	{ IN, "<bob@a.com>", "bob@b.com", "source \"<bob@a.com>\" ...", false },
	{ IN, "@x.com:bob@a.com", "bob@b.com", "source ...", false },
	/* control characters */
	{ IN, "bob@a.com", "bo\rb@b.com",
		"target \"boU+000Db@b.com\" contains U+000D <control> before "
		"\"b\"...",
		false },
	{ IN, "bob@a.com", "bob@b.com\r\nRCPT", "target ...", false },
	{ IN, "bob@a.com", "bob@b.com\n", "target ...", false },
	{ IN, "bob@a.com", "\"bo\nb\"@b.com", "target ...", false },
	{ IN, "bob@a.com", "\"bo\\\nb\"@b.com", "target ...", false },
	{ IN, "bob@a.com", "\"bo\tb\"@b.com", "target ...", false },
	{ IN, "bob@a.com",
		"\"bo\x7f"
		"b\"@b.com",
		"target ...", false },
	{ IN, "bo\001b@a.com", "bob@b.com", "source ...", false },
	/* no mailbox */
	{ IN, "bob@a.com", "a b@b.com", "target ...", false },
	{ IN, "bob@a.com", "a..b@b.com", "target \"a..b@b.com\" ...", false },
	{ IN, "bob@a.com", ".a@b.com", "target ...", false },
	{ IN, "bob@a.com", "a.@b.com", "target ...", false },
	{ IN, "bob@a.com", "a.\"b\"@b.com", "target ...", false },
	{ IN, "bob@a.com", "\"a\".b@b.com", "target ...", false },
	{ IN, "bob@a.com", "\"a\".\"b\"@b.com", "target ...", false },
	{ IN, "t@a.com", "a@b.com,a..b@b.com", "target \"a..b@b.com\" ...",
		false },
	{ IN, "bob@a.com", "\"a b@b.com", "target ...", false },
	{ IN, "bob@a.com", "\"a\"b@b.com", "target ...", false },
	{ IN, "bob@a.com", "a@b@c.com", "target ...", false },
	{ IN, "bob@a.com", "a@b_c.com", "target ...", false },
	{ IN, "bob@a.com", "a@-b.com", "target ...", false },
	{ IN, "bob@a.com", "a@b..com", "target ...", false },
	{ IN, "bob@a.com", "a@[192.0.2]", "target ...", false },
	{ IN, "bob@a.com", "a(c)@b.com", "target ...", false },
	{ IN, "bob@a.com", "b\xff@b.com", "target ... is not UTF-8", true },
	{ IN, "b\xff@a.com", "b@b.com", "source ... is not UTF-8", true },
	{ IN, "@\xff.com", "b@b.com", "source ... is not UTF-8", true },
	{ IN, "bob@a.com", u8"jörg@b.com", "target ...", false },
	/* user rule with a domain as target */
	{ IN, "bob@a.com", "@b.com", "target \"@b.com\" ...", false },
	{ IN, "bob@a.com", "bob@b.com,@b.com", "target \"@b.com\" ...", false },
	/* "*" elsewhere than in front of a source's domain */
	{ IN, "@*", "@b.com", "source \"@*\" ...", false },
	{ IN, "@*a.com", "@b.com", "source ...", false },
	{ IN, "@x.*.a.com", "@b.com", "source ...", false },
	{ IN, "@*.*.a.com", "@b.com", "source ...", false },
	{ IN, "bob@*.a.com", "bob@b.com", "source ...", false },
	{ IN, "@*.[192.0.2.1]", "@b.com", "source ...", false },
	{ IN, "@a.com", "@*.b.com", "target \"@*.b.com\" ...", false },
	{ IN, "@*.a.com", "@*.b.com", "target \"@*.b.com\" ...", false },
	{ IN, "@*.a.com", "bob@*.a.com", "target ...", false },
	{ IN, "@*.a.com", "@*.a.com,@b.com", "target ...", false },
	{ IN, "@*.a.com", "@b.com,@*.a.com", "target ...", false },
	/* one to many */
	{ OUT, "bob@a.com", "b@b.com,c@c.com", "target ...", false },
	{ OUT, "@a.com", "@b.com,@c.com", "target ...", false },
	{ IN, "bob@a.com", "b@b.com,,c@c.com",
		"target \"b@b.com,,c@c.com\" has an empty target beside a "
		"comma; remove that comma",
		false },
	{ IN, "bob@a.com", ",b@b.com",
		"target ... has an empty target beside a comma; remove that "
		"comma",
		false },
	{ IN, "bob@a.com", "b@b.com, ,c@c.com",
		"target ... has an empty target beside a comma; remove that "
		"comma",
		false },
	{ IN, "bob@a.com", "b@b.com,", "target \"b@b.com,\" ...", false },
	{ IN, "bob@a.com", ",", "target \",\" ...", false },
	/* routes */
	{ RTE, "bob@a.com", "relay", "source \"bob@a.com\" ...", false },
	{ RTE, "@a.com", "elsewhere", "target \"elsewhere\" ...", false },
	{ RTE, "@a.com", ":[mx.b.com]", "target ...", false },
	{ RTE, "@a.com", "smtp:[mx.b.com]\n", "target ...", false },
	{ RTE, "@a.com", "", "the target is empty", false },
};

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_open((size_t)1 << 20);
	return arena ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_close(arena);
	return 0;
}

static int make(
	const struct rule_case *row, struct rule *rule, struct error *error)
{
	return rule_make(arena, row->table, bytes_of(row->source),
		bytes_of(row->target), row->utf8, rule, error);
}

/* True if the text fits the pattern, in which "..." stands for any text. */
static bool fits(const char *text, const char *pattern)
{
	const char *dots = strstr(pattern, "...");
	size_t head = dots ? (size_t)(dots - pattern) : strlen(pattern);
	size_t tail = dots ? strlen(dots + 3) : 0;

	if (!dots)
		return !strcmp(text, pattern);
	return strlen(text) >= head + tail && !strncmp(text, pattern, head) &&
	       !strcmp(text + strlen(text) - tail, dots + 3);
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		const struct rule_case *row = &refused[i];
		struct rule rule;
		struct error error = { .text = "" };
		int result = make(row, &rule, &error);

		if (result != ERR_BAD)
			fail_msg("%s;%s: %d instead of ERR_BAD", row->source,
				row->target, result);
		if (!fits(error.text, row->reason))
			fail_msg("%s;%s: says: %s", row->source, row->target,
				error.text);
		assert_int_equal(make(row, &rule, NULL), ERR_BAD);
	}
}

/* NUL bytes, which end a C string. */
static void test_nul(void **state)
{
	struct bytes nul = { "bob\0x@b.com", 11 };
	struct bytes tail = { "bob@b.com\0", 10 };
	struct bytes domain = { "@b\0.com", 7 };
	struct bytes source = bytes_of("bob@a.com");
	struct rule rule;

	(void)state;
	assert_int_equal(
		rule_make(arena, IN, source, nul, true, &rule, NULL), ERR_BAD);
	assert_int_equal(
		rule_make(arena, IN, source, tail, true, &rule, NULL), ERR_BAD);
	assert_int_equal(
		rule_make(arena, IN, nul, source, true, &rule, NULL), ERR_BAD);
	assert_int_equal(rule_make(arena, IN, bytes_of("@a.com"), domain, true,
				 &rule, NULL),
		ERR_BAD);
	assert_int_equal(
		rule_make(arena, IN, domain, source, true, &rule, NULL),
		ERR_BAD);
	assert_int_equal(
		rule_make(arena, RTE, bytes_of("@a.com"),
			(struct bytes){ "smtp:\0x", 7 }, true, &rule, NULL),
		ERR_BAD);
}

/* Writes a domain of len bytes, in labels of 61 to 63 letters. */
static void long_domain(char *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = i % 62 == 61 && i + 1 < len ? '.' : 'd';
	out[len] = '\0';
}

/* Makes a rule with a target local_len@domain of total bytes. */
static int make_long(
	const char *source, size_t local_len, size_t total, struct rule *rule)
{
	char target[600];

	memset(target, 'l', local_len);
	target[local_len] = '@';
	long_domain(target + local_len + 1, total - local_len - 1);
	return rule_make(arena, IN, bytes_of(source), bytes_of(target), false,
		rule, NULL);
}

static void test_lengths(void **state)
{
	struct rule rule;
	char quoted[80];

	(void)state;
	assert_int_equal(make_long("b@a.com", 64, 254, &rule), 0);
	assert_int_equal(rule.value.len, 255);
	assert_int_equal(make_long("b@a.com", 64, 255, &rule), ERR_BAD);
	assert_int_equal(make_long("b@a.com", 65, 100, &rule), ERR_BAD);
	assert_int_equal(make_long("@a.com", 64, 255, &rule), ERR_BAD);
	assert_int_equal(make_long("@a.com", 0, 254, &rule), 0);
	assert_int_equal(make_long("@a.com", 0, 255, &rule), ERR_BAD);
	assert_int_equal(make_long("@a.com", 0, 400, &rule), ERR_BAD);
	/* 62 bytes and two quotes fit, 63 and two do not */
	(void)snprintf(quoted, sizeof quoted, "\"%061d \"@b.com", 0);
	assert_int_equal(rule_make(arena, IN, bytes_of("b@a.com"),
				 bytes_of(quoted), false, &rule, NULL),
		0);
	(void)snprintf(quoted, sizeof quoted, "\"%062d \"@b.com", 0);
	assert_int_equal(rule_make(arena, IN, bytes_of("b@a.com"),
				 bytes_of(quoted), false, &rule, NULL),
		ERR_BAD);
	/* a label of 63 bytes, and one of 64 */
	(void)snprintf(quoted, sizeof quoted, "b@%063d.de", 0);
	assert_int_equal(rule_make(arena, IN, bytes_of("b@a.com"),
				 bytes_of(quoted), false, &rule, NULL),
		0);
	(void)snprintf(quoted, sizeof quoted, "b@%064d.de", 0);
	assert_int_equal(rule_make(arena, IN, bytes_of("b@a.com"),
				 bytes_of(quoted), false, &rule, NULL),
		ERR_BAD);
}

/* A text that is far too long is refused with a message of normal length. */
static void test_huge(void **state)
{
	size_t len = (size_t)1 << 20;
	char *huge = malloc(len + 1);
	struct rule rule;
	struct error error = { .text = "" };
	const char *const beginnings[] = { "b@", "@", "@*.", "\"", "b", "," };

	(void)state;
	assert_non_null(huge);
	for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
		memset(huge, 'x', len);
		memcpy(huge, beginnings[i], strlen(beginnings[i]));
		assert_int_equal(rule_make(arena, IN, bytes_of("@a.com"),
					 (struct bytes){ huge, len }, true,
					 &rule, &error),
			ERR_BAD);
		assert_true(strlen(error.text) < 600);
		assert_int_equal(
			rule_make(arena, IN, (struct bytes){ huge, len },
				bytes_of("b@b.com"), true, &rule, &error),
			ERR_BAD);
	}
	for (size_t i = 0; i + 14 <= len; i += 14)
		(void)snprintf(huge + i, 15, "%07zu@b.com,", i / 14 % 9999999);
	len -= len % 14;
	assert_int_equal(
		rule_make(arena, IN, bytes_of("b@a.com"),
			(struct bytes){ huge, len - 1 }, true, &rule, &error),
		ERR_BAD);
	free(huge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_huge),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

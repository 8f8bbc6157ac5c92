/*
 * What the milter does when something fails: it answers 451, logs the reason
 * and counts the message, and never accepts a message with some of its edits.
 * Every way to eom_defer() is here; tests/e2e/defer.test has those that a peer
 * on a socket can cause.
 */
#include "kit/milterkit.h"

#include <limits.h>

#include "kit/alloccalls.h"
#include "map/trailer.h"

#define ALL_ACTIONS                                                            \
	(SMFIF_ADDHDRS | SMFIF_CHGBODY | SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR |   \
		SMFIF_DELRCPT | SMFIF_CHGHDRS | SMFIF_CHGFROM |                \
		SMFIF_QUARANTINE | SMFIF_SETSYMLIST)
#define ALL_STEPS  0x1fffffUL
#define LINES_SIZE 16384

#define RULES                                                                  \
	"in bob@old.example;bob.owen@new.example\n"                            \
	"in @old.example;@moved.example\n"                                     \
	"in team@old.example;t1@new.example,t2@new.example\n"                  \
	u8"in @straße.example;@new.example\n"                                 \
	u8"in @groß.example;@gross.example\n"                                 \
	"out bob.owen@new.example;bob@old.example\n"

static sfsistat mail(const char *words)
{
	return milterkit_command(milterkit.callbacks.xxfi_envfrom, words);
}

static sfsistat rcpt(const char *words)
{
	return milterkit_command(milterkit.callbacks.xxfi_envrcpt, words);
}

static uint64_t count(enum metrics_result result)
{
	uint64_t sum = 0;

	for (int d = 0; d < DECISION_DIRECTIONS; d++)
		sum += milterkit_server.metrics.messages[d][result];
	return sum;
}

/* The number of all messages so far. */
static void assert_counts(uint64_t rewritten, uint64_t tempfail)
{
	assert_int_equal(count(METRICS_REWRITTEN), rewritten);
	assert_int_equal(count(METRICS_TEMPFAIL), tempfail);
	assert_int_equal(count(METRICS_UNCHANGED), 0);
	assert_int_equal(count(METRICS_SHADOW), 0);
	assert_int_equal(count(METRICS_REFUSED), 0);
}

static void forget_counts(void)
{
	memset(milterkit_server.metrics.messages, 0,
		sizeof milterkit_server.metrics.messages);
}

/* Checks that the message was answered with 451, after which nothing was sent.
 */
static void assert_deferred(
	sfsistat result, const char *lines, const char *reason)
{
	static const char reply[] = "reply 451 4.3.0\n";
	const char *found = strstr(milterkit.told, reply);

	if (result != SMFIS_TEMPFAIL || !found || found[strlen(reply)] ||
		!strstr(lines, "4F2A91C03: deferred: ") ||
		!strstr(lines, reason))
		fail_msg("%d instead of 451 \"%s\": %s%s", (int)result, reason,
			milterkit.told, lines);
}

/* Sends a message with every kind of edit: sender, adds, deletes, headers. */
static void send_all_edits(void)
{
	milterkit_open(ALL_ACTIONS, ALL_STEPS, "192.0.2.1");
	milterkit_macro(0, "{daemon_name}", "OUTBOUND");
	milterkit_macro(1, "i", "4F2A91C03");
	(void)mail("<bob.owen@new.example>");
	(void)rcpt("<bob@old.example> NOTIFY=NEVER");
	(void)rcpt("<x@old.example>");
	(void)rcpt("<team@old.example>");
	(void)rcpt("<z@other.example>");
	milterkit_header("From", " bob.owen@new.example");
	milterkit_header("Sender", " Bob <bob.owen@new.example>");
}

static const char *const all_edits[] = {
	"+bob.owen@new.example NOTIFY=NEVER ORCPT=rfc822;bob@old.example\n",
	"+x@moved.example ORCPT=rfc822;x@old.example\n",
	"+t1@new.example ORCPT=rfc822;team@old.example\n",
	"+t2@new.example ORCPT=rfc822;team@old.example\n",
	"-bob@old.example\n",
	"-x@old.example\n",
	"-team@old.example\n",
	"from bob@old.example\n",
	"From 1: bob@old.example\n",
	"Sender 1: Bob <bob@old.example>\n",
};

#define ALL_EDITS (sizeof all_edits / sizeof *all_edits)

/* Checks that each edit was made once, and no other. */
static void assert_all_edits(void)
{
	size_t len = 0;

	for (size_t i = 0; i < ALL_EDITS; i++) {
		if (!strstr(milterkit.told, all_edits[i]))
			fail_msg("no %sin\n%s", all_edits[i], milterkit.told);
		len += strlen(all_edits[i]);
	}
	assert_int_equal(strlen(milterkit.told), len);
}

/* Each call that libmilter refuses leads to 451, and no call follows it. */
static void test_refused_calls(void **state)
{
	char lines[LINES_SIZE];
	char whole[MILTERKIT_TOLD];

	(void)state;
	milterkit_serve(NULL, testmap_open(RULES));
	send_all_edits();
	assert_int_equal(milterkit_end(lines, sizeof lines), SMFIS_CONTINUE);
	assert_all_edits();
	assert_int_equal(milterkit.calls, ALL_EDITS);
	/* every delete before the first add */
	assert_null(strstr(strchr(milterkit.told, '+'), "\n-"));
	assert_counts(1, 0);
	memcpy(whole, milterkit.told, sizeof whole);
	milterkit_close();
	for (int n = 1; n <= (int)ALL_EDITS; n++) {
		sfsistat result;

		milterkit.refuse = n;
		send_all_edits();
		result = milterkit_end(lines, sizeof lines);
		milterkit.refuse = 0;
		assert_deferred(result, lines, " was refused");
		assert_int_equal(milterkit.calls, n);
		assert_memory_equal(milterkit.told, whole,
			milterkit.used - strlen("reply 451 4.3.0\n"));
		assert_counts(1, (uint64_t)n);
		assert_null(strstr(lines, "rcpt=<"));
		milterkit_close();
	}
	forget_counts();
	milterkit_stop();
}

/* Makes a map with a value that no load makes, and a digest that matches. */
static struct map *damaged_map(const char *row, char kind)
{
	char path[] = "/tmp/readdress-test-XXXXXX";
	struct map_meta meta = { .generation = 12 };
	struct map_builder *builder = NULL;
	struct map *map = NULL;
	struct error error = { .text = "" };
	const struct rule rule = { bytes_of("bob@old.example"), bytes_of(row) };
	int fd = mkstemp(path);
	char *text = malloc((size_t)1 << 20);
	ssize_t len;
	char *at;

	assert_non_null(text);
	assert_true(fd >= 0 && !close(fd) && !unlink(path));
	assert_int_equal(map_builder_open(&builder, path, 1, 100, &error), 0);
	assert_int_equal(
		map_builder_put(builder, RULE_INBOUND, &rule, &error), 0);
	assert_int_equal(map_builder_seal(builder, &meta, &error), 0);
	map_builder_close(builder);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	len = read(fd, text, (size_t)1 << 20);
	assert_true(len > TRAILER_SIZE && len < 1 << 20);
	at = memmem(text, (size_t)len, row, strlen(row));
	assert_non_null(at);
	*at = kind;
	assert_int_equal(pwrite(fd, text, (size_t)len, 0), len);
	assert_int_equal(ftruncate(fd, len - TRAILER_SIZE), 0);
	assert_int_equal(trailer_append(fd, path, MAP_VERSION, &error), 0);
	(void)close(fd);
	if (map_open(&map, path, true, &error) < 0)
		fail_msg("%s", error.text);
	(void)unlink(path);
	free(text);
	return map;
}

static sfsistat ask(const char *recipients, const char *to, char *lines)
{
	struct bytes rest = bytes_of(recipients);

	milterkit_open(ALL_ACTIONS, ALL_STEPS, "192.0.2.1");
	milterkit_macro(0, "i", "4F2A91C03");
	(void)mail("<a@out.example> SMTPUTF8");
	while (rest.len) {
		struct bytes one = bytes_cut(&rest, '\n');
		char word[256];

		(void)snprintf(
			word, sizeof word, "%.*s", (int)one.len, one.data);
		(void)rcpt(word);
	}
	milterkit_header("To", to);
	return milterkit_end(lines, LINES_SIZE);
}

/* Each failure of decide() must lead to 451, and not to an unchanged message.
 */
static void test_no_decision(void **state)
{
	static const struct {
		const char *name;
		const char *row; /* the only row of the map; NULL: RULES */
		char kind;	 /* the new value of its first byte */
		const char *recipients;
		const char *to;
		const char *reason;
	} cases[] = {
		{ "a value of no kind", "ub@new.example", 'Z',
			"<bob@old.example>", " x@y.example",
			"the map cannot be read" },
		{ "for a header alone", "ub@new.example", 'Z', "<x@y.example>",
			" bob@old.example", "the map cannot be read" },
		{ "a target that is no address", "uubnew.example", 'u',
			"<bob@old.example>", " x@y.example",
			"the map cannot be read" },
		{ "two for us, one for Postfix", NULL, 0,
			u8"<x@straße.example>\n<x@strasse.example>",
			" x@y.example", "folds U+00DF to ss" },
	};
	uint64_t deferred = 0;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char lines[LINES_SIZE];
		sfsistat result;

		milterkit_serve(NULL,
			cases[i].row ? damaged_map(cases[i].row, cases[i].kind)
				     : testmap_open(RULES));
		result = ask(cases[i].recipients, cases[i].to, lines);
		if (result != SMFIS_TEMPFAIL)
			fail_msg("%s: %d %s", cases[i].name, (int)result,
				milterkit.told);
		assert_deferred(result, lines, cases[i].reason);
		assert_int_equal(milterkit.calls, 0);
		assert_counts(0, ++deferred);
		milterkit_close();
	}
	forget_counts();
	milterkit_stop();
}

/* Each allocation at the end of a message fails, first alone and then with all
 * that follow. */
static void test_no_memory(void **state)
{
	long refused = 0;
	long needed;
	char lines[LINES_SIZE];

	(void)state;
	if (!ALLOCFAIL)
		skip();
	milterkit_serve(NULL, testmap_open(RULES));
	for (int twice = 0; twice < 2; twice++) {
		send_all_edits();
		allocfail.count = 0;
		assert_int_equal(
			milterkit.callbacks.xxfi_eom(milterkit_context()),
			SMFIS_CONTINUE);
		needed = allocfail.count;
		milterkit_close();
	}
	assert_true(needed > 2);
	forget_counts();
	for (long n = 0; n < 2 * needed; n++) {
		sfsistat result;

		send_all_edits();
		allocfail.failed = 0;
		allocfail.for_good = n % 2;
		allocfail.countdown = n / 2 + 1;
		result = milterkit.callbacks.xxfi_eom(milterkit_context());
		allocfail.countdown = 0;
		if (result == SMFIS_CONTINUE) {
			assert_all_edits();
		} else {
			assert_int_equal(result, SMFIS_TEMPFAIL);
			assert_int_equal(milterkit.calls, 0);
			refused++;
		}
		milterkit_close();
		/* The next message is handled as usual. */
		(void)ask("<bob@old.example>", " x@y.example", lines);
		assert_int_equal(milterkit.calls, 2);
		milterkit_close();
	}
	print_message("%ld of %ld messages deferred\n", refused, 2 * needed);
	assert_true(refused > needed);
	assert_int_equal(count(METRICS_TEMPFAIL), refused);
	forget_counts();
	milterkit_stop();
}

/* Memory that is exhausted while a message comes in is reported at its end. If
 * only one block fails, a smaller one may suffice. */
static void test_no_memory_before_the_end(void **state)
{
	long refused = 0;
	long n = 0;
	bool failed = true;

	(void)state;
	if (!ALLOCFAIL)
		skip();
	milterkit_serve(NULL, testmap_open(RULES));
	for (; failed; n++) {
		char lines[LINES_SIZE];
		sfsistat result;

		assert_true(n < 10000);
		allocfail.failed = 0;
		allocfail.for_good = n % 2;
		milterkit_open(ALL_ACTIONS, ALL_STEPS, "192.0.2.1");
		milterkit_macro(0, "i", "4F2A91C03");
		allocfail.countdown = n / 2 + 1;
		(void)mail("<a@out.example>");
		for (int i = 0; i < 300; i++)
			(void)rcpt("<bob@old.example>");
		for (int i = 0; i < 300; i++)
			milterkit.callbacks.xxfi_header(milterkit_context(),
				(char[]){ "To" },
				(char[]){ " bob@old.example" });
		allocfail.countdown = 0;
		failed = allocfail.failed;
		result = milterkit_end(lines, sizeof lines);
		if (failed && (n % 2 || result != SMFIS_CONTINUE)) {
			assert_deferred(result, lines, "out of memory");
			assert_int_equal(milterkit.calls, 0);
			refused++;
		} else {
			assert_int_equal(result, SMFIS_CONTINUE);
			assert_int_equal(milterkit.calls, 302);
		}
		milterkit_close();
	}
	print_message("%ld of %ld messages deferred\n", refused, n);
	assert_true(refused > 5);
	forget_counts();
	milterkit_stop();
}

/* libmilter lets no such command through, but if one came, the message must not
 * pass. */
static void test_end_without_beginning(void **state)
{
	char lines[LINES_SIZE];

	(void)state;
	milterkit_serve(NULL, testmap_open(RULES));
	milterkit_open(ALL_ACTIONS, ALL_STEPS, "192.0.2.1");
	milterkit_macro(0, "i", "4F2A91C03");
	assert_deferred(milterkit_end(lines, sizeof lines), lines,
		"the MTA ended a message that did not begin");
	/* The same after the end of another message. */
	(void)mail("<a@out.example>");
	(void)rcpt("<bob@old.example>");
	assert_int_equal(milterkit_end(lines, sizeof lines), SMFIS_CONTINUE);
	assert_int_equal(milterkit.calls, 2);
	assert_int_equal(milterkit_end(lines, sizeof lines), SMFIS_TEMPFAIL);
	/* And the same after an abort. */
	(void)mail("<a@out.example>");
	(void)rcpt("<bob@old.example>");
	(void)milterkit.callbacks.xxfi_abort(milterkit_context());
	assert_int_equal(milterkit_end(lines, sizeof lines), SMFIS_TEMPFAIL);
	assert_int_equal(milterkit.calls, 2);
	milterkit_close();
	forget_counts();
	milterkit_stop();
}

static void test_no_arguments(void **state)
{
	char *none[] = { NULL };
	char lines[LINES_SIZE];

	(void)state;
	milterkit_serve(NULL, testmap_open(RULES));
	for (int i = 0; i < 4; i++) {
		milterkit_open(ALL_ACTIONS, ALL_STEPS, "192.0.2.1");
		milterkit_macro(0, "i", "4F2A91C03");
		if (i < 2)
			(void)milterkit.callbacks.xxfi_envfrom(
				milterkit_context(), i ? none : NULL);
		else
			(void)mail("<a@out.example>");
		if (i >= 2)
			(void)milterkit.callbacks.xxfi_envrcpt(
				milterkit_context(), i == 3 ? none : NULL);
		(void)rcpt("<bob@old.example>");
		assert_deferred(milterkit_end(lines, sizeof lines), lines,
			"the MTA sent a command without its address");
		assert_int_equal(milterkit.calls, 0);
		milterkit_close();
	}
	forget_counts();
	milterkit_stop();
}

/* Mail does not pass if the MTA does not offer all that the milter needs. */
static void test_unfit(void **state)
{
	static const struct {
		unsigned long actions;
		unsigned long steps;
	} lacking[] = {
		{ SMFIF_ADDRCPT, 0 },
		{ SMFIF_ADDRCPT_PAR, 0 },
		{ SMFIF_DELRCPT, 0 },
		{ SMFIF_CHGFROM, 0 },
		{ SMFIF_CHGHDRS, 0 },
		{ 0, SMFIP_HDR_LEADSPC },
	};
	char lines[LINES_SIZE];
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(saved >= 0 && null >= 0);
	milterkit_serve(NULL, testmap_open(RULES));
	for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++) {
		sfsistat result;

		(void)dup2(null, STDERR_FILENO);
		milterkit_open(ALL_ACTIONS & ~lacking[i].actions,
			ALL_STEPS & ~lacking[i].steps, "192.0.2.1");
		result = mail("<a@out.example>");
		(void)dup2(saved, STDERR_FILENO);
		assert_int_equal(result, SMFIS_TEMPFAIL);
		(void)rcpt("<bob@old.example>");
		assert_int_equal(
			milterkit_end(lines, sizeof lines), SMFIS_TEMPFAIL);
		assert_int_equal(milterkit.calls, 0);
		milterkit_close();
	}
	(void)close(saved);
	(void)close(null);
	forget_counts();
	milterkit_stop();
}

/* No edit is tried for an MTA that has not negotiated. */
static void test_before_negotiation(void **state)
{
	char lines[LINES_SIZE];
	sfsistat result;

	(void)state;
	milterkit_serve(NULL, testmap_open(RULES));
	milterkit_open(ALL_ACTIONS, ALL_STEPS, "192.0.2.1");
	milterkit_close();
	milterkit_macro(0, "i", "4F2A91C03");
	assert_int_equal(mail("<a@out.example>"), SMFIS_CONTINUE);
	(void)rcpt("<bob@old.example>");
	result = milterkit_end(lines, sizeof lines);
	assert_deferred(
		result, lines, "has not negotiated what this milter needs");
	assert_int_equal(milterkit.calls, 0);
	milterkit_close();
	forget_counts();
	milterkit_stop();
}

/* A message that is refused is not edited. */
static void test_refused(void **state)
{
	char lines[LINES_SIZE];
	sfsistat result;

	(void)state;
	milterkit_serve("outbound_networks = {\"192.0.2.0/24\"}\n"
			"outbound_required_headers = {\"X-OriginatorOrg: "
			"a.example\"}\n",
		testmap_open(RULES));
	milterkit_open(ALL_ACTIONS, ALL_STEPS, "192.0.2.1");
	milterkit_macro(0, "i", "4F2A91C03");
	(void)mail("<bob.owen@new.example>");
	(void)rcpt("<bob@old.example>");
	(void)rcpt("<v@victim.example>");
	milterkit_header("From", " bob.owen@new.example");
	milterkit_header("To", " bob@old.example");
	result = milterkit_end(lines, sizeof lines);
	assert_true(result == SMFIS_REJECT || result == SMFIS_TEMPFAIL);
	assert_int_equal(milterkit.calls, 0);
	assert_int_equal(count(METRICS_REFUSED), 1);
	milterkit_close();
	forget_counts();
	milterkit_stop();
}

/* The parameters of a message are read exactly as they are. */
static void test_arguments(void **state)
{
	static const struct {
		const char *mail;
		const char *rcpt;
		const char *told;
	} cases[] = {
		{ "<a@out.example>", "<utf@old.example>", "" },
		{ "<a@out.example> SMTPUTF8X", "<utf@old.example>", "" },
		{ "<a@out.example> BODY=SMTPUTF8", "<utf@old.example>", "" },
		{ "<a@out.example> BODY=8BITMIME smtputf8", "<utf@old.example>",
			u8"+ü@new.example ORCPT=rfc822;utf@old.example\n"
			"-utf@old.example\n" },
		{ "<a@out.example>",
			"<bob@old.example> ORCPTX=rfc822;x@y.example "
			"XORCPT=rfc822;y@y.example NOTIFYX=NEVER",
			"+bob.owen@new.example ORCPT=rfc822;bob@old.example\n"
			"-bob@old.example\n" },
		{ "<a@out.example>",
			"<bob@old.example> x notify=never "
			"orcpt=rfc822;x@y.example",
			"+bob.owen@new.example NOTIFY=NEVER "
			"ORCPT=rfc822;x@y.example\n-bob@old.example\n" },
	};

	(void)state;
	milterkit_serve(
		NULL, testmap_open(RULES u8"in utf@old.example;ü@new.example"));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char lines[LINES_SIZE];
		struct bytes rest = bytes_of(cases[i].told);

		milterkit_open(ALL_ACTIONS, ALL_STEPS, "192.0.2.1");
		milterkit_macro(0, "i", "4F2A91C03");
		(void)mail(cases[i].mail);
		(void)rcpt(cases[i].rcpt);
		assert_int_equal(
			milterkit_end(lines, sizeof lines), SMFIS_CONTINUE);
		assert_int_equal(milterkit.used, rest.len);
		while (rest.len) { /* in any order */
			struct bytes line = bytes_cut(&rest, '\n');

			assert_non_null(memmem(milterkit.told, milterkit.used,
				line.data, line.len));
		}
		milterkit_close();
	}
	forget_counts();
	milterkit_stop();
}

/* A macro with an empty value is no authentication. */
static void test_macros(void **state)
{
	static const struct {
		const char *name;
		const char *value;
		bool outbound;
	} cases[] = {
		{ "{auth_type}", "", false },
		{ "{auth_authen}", "", false },
		{ "{auth_type}", "PLAIN", true },
		{ "{auth_authen}", "bob", true },
		{ "{daemon_name}", "", false },
		{ "{daemon_name}", "outbound", false },
		{ "{daemon_name}", "OUTBOUND", true },
	};

	(void)state;
	milterkit_serve(NULL, testmap_open(RULES));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char lines[LINES_SIZE];

		milterkit_open(ALL_ACTIONS, ALL_STEPS, "192.0.2.1");
		milterkit_macro(0, cases[i].name, cases[i].value);
		(void)mail("<bob.owen@new.example>");
		(void)rcpt("<z@other.example>");
		assert_int_equal(
			milterkit_end(lines, sizeof lines), SMFIS_CONTINUE);
		assert_string_equal(milterkit.told,
			cases[i].outbound ? "from bob@old.example\n" : "");
		milterkit_close();
	}
	forget_counts();
	milterkit_stop();
}

/* A message that is too large is refused; the next one of the connection must
 * not be refused only because memory is exhausted. */
static void test_too_large(void **state)
{
	static char value[60000];
	bool failed = true;

	(void)state;
	milterkit_serve(NULL, testmap_open(RULES));
	memset(value, 'x', sizeof value - 1);
	for (long n = ALLOCFAIL ? 1 : LONG_MAX; failed; n++) {
		char lines[LINES_SIZE];
		sfsistat result;

		milterkit_open(ALL_ACTIONS, ALL_STEPS, "192.0.2.1");
		milterkit_macro(0, "i", "4F2A91C03");
		(void)mail("<a@out.example>");
		(void)rcpt("<bob@old.example>");
		for (int i = 0; i < 40; i++)
			milterkit_header("To", value);
		assert_int_equal(
			milterkit_end(lines, sizeof lines), SMFIS_REJECT);
		assert_non_null(strstr(milterkit.told, "reply 552 5.3.4\n"));
		assert_non_null(
			strstr(lines, "4F2A91C03: refused: the message needs "
				      "more than a quarter of memory_max"));
		assert_int_equal(count(METRICS_REFUSED), 1);
		assert_int_equal(milterkit.calls, 0);
		(void)mail("<a@out.example>");
		(void)rcpt("<bob@old.example>");
		allocfail.failed = 0;
		allocfail.for_good = false;
		allocfail.countdown = ALLOCFAIL ? n : 0;
		result = milterkit.callbacks.xxfi_eom(milterkit_context());
		allocfail.countdown = 0;
		failed = allocfail.failed;
		/* A use may be lost, but no edit: a delete and an add. */
		if (!failed || result != SMFIS_TEMPFAIL) {
			assert_int_equal(result, SMFIS_CONTINUE);
			assert_int_equal(milterkit.calls, 2);
		}
		milterkit_close();
		assert_int_equal(milterkit_server.metrics.memory.used, 0);
		forget_counts();
	}
	milterkit_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused_calls),
		cmocka_unit_test(test_no_decision),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_no_memory_before_the_end),
		cmocka_unit_test(test_end_without_beginning),
		cmocka_unit_test(test_no_arguments),
		cmocka_unit_test(test_unfit),
		cmocka_unit_test(test_before_negotiation),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_macros),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

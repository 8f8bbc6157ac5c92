/*
 * received: which headers Postfix itself wrote, and which mail was decided
 * before.
 */
#include "kit/testdecide.h"

#include "kit/holds.h"
#include "mail/received.h"
#include "decisionlog/decisionlog.h"

#define DATE "id 4F2A91C03; Sun, 29 Nov 2026 08:19:52 +0000 (UTC)"

static const struct received_mta mta = { "mx.example", "102" };

static enum received_by by(const struct received_mta *of, const char *value)
{
	char *block = holds_block(value, strlen(value));
	enum received_by found =
		received_by(of, (struct bytes){ block, strlen(value) });

	free(block);
	return found;
}

#define REQUEUED " by mx.example (Postfix, from userid 102)\n\t" DATE
#define PROGRAM	 " by mx.example (Postfix, from userid 1000)\n\t" DATE
#define SMTPD                                                                  \
	" from a.example (a.example [192.0.2.7])\n"                            \
	"\tby mx.example (Postfix) with ESMTP id 4F2A91C03;\n"                 \
	"\tSun, 29 Nov 2026 08:19:52 +0000 (UTC)"
#define OTHER_HOST                                                             \
	" from a.example (a.example [192.0.2.7])\n"                            \
	"\tby mx2.example (Postfix) with ESMTP id 4F2A91C03;\n"                \
	"\tSun, 29 Nov 2026 08:19:52 +0000 (UTC)"
#define BOUNCE " by mx.example (Postfix)\n\t" DATE

static void test_by(void **state)
{
	static const struct {
		enum received_by by;
		const char *value;
	} cases[] = {
		{ RECEIVED_REQUEUED, REQUEUED },
		{ RECEIVED_REQUEUED, " by mx.example (Postfix, from userid "
				     "102)\r\n\t" DATE },
		{ RECEIVED_REQUEUED,
			" by mx.example (Mail, of (us), from userid 102)\n"
			"\t" DATE },
		{ RECEIVED_OTHER, PROGRAM },
		/* Another user whose number begins or ends alike */
		{ RECEIVED_OTHER,
			" by mx.example (Postfix, from userid 1102)\n\t" DATE },
		{ RECEIVED_OTHER,
			" by mx.example (Postfix, from userid 1020)\n\t" DATE },
		{ RECEIVED_OTHER,
			" by mx.example (Postfix, from userid 0102)\n\t" DATE },
		{ RECEIVED_OTHER,
			" by mx.example (Postfix, from userid )\n\t" DATE },
		/* Another host, or its name in another place */
		{ RECEIVED_OTHER,
			" by mx.example.net (Postfix, from userid 102)\n"
			"\t" DATE },
		{ RECEIVED_OTHER, " by a.mx.example (Postfix, from userid "
				  "102)\n\t" DATE },
		{ RECEIVED_OTHER,
			" by MX.example (Postfix, from userid 102)\n\t" DATE },
		{ RECEIVED_OTHER, " from mx.example (Postfix, from userid "
				  "102)\n\t" DATE },
		/* Not as Postfix writes it: a header check that takes Postfix's
		 * own out may let these pass. */
		{ RECEIVED_OTHER,
			"by mx.example (Postfix, from userid 102)\n\t" DATE },
		{ RECEIVED_OTHER,
			"  by mx.example (Postfix, from userid 102)\n\t" DATE },
		{ RECEIVED_OTHER,
			" by  mx.example (Postfix, from userid 102)\n\t" DATE },
		{ RECEIVED_OTHER,
			"\tby mx.example (Postfix, from userid 102)\n\t" DATE },
		{ RECEIVED_OTHER,
			" by mx.example (Postfix, from userid 102)\n " DATE },
		{ RECEIVED_OTHER,
			" by mx.example (Postfix, from userid 102) \n\t" DATE },
		{ RECEIVED_OTHER, " by mx.example (Postfix,\n\tfrom userid "
				  "102)\n\t" DATE },
		{ RECEIVED_OTHER, " by mx.example (, from userid 102)\n" },
		{ RECEIVED_OTHER, " by mx.example (, from userid 102)" },
		{ RECEIVED_OTHER, "" },
		{ RECEIVED_OTHER, "\n" },

		{ RECEIVED_SMTPD, SMTPD },
		{ RECEIVED_SMTPD,
			" from a.example (a.example [192.0.2.7])\r\n"
			"\tby mx.example (Postfix) with SMTP id 4F2A91C03\r\n"
			"\tfor <bob@old.example>; Sun, 29 Nov 2026" },
		{ RECEIVED_SMTPD,
			" from a.example (unknown [IPv6:2001:db8::1])\n"
			"\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 "
			"(256/256 bits)\n"
			"\t key-exchange X25519 server-signature RSA-PSS "
			"(2048 bits))\n"
			"\t(Client did not present a certificate)\n"
			"\t(Authenticated sender: bob)\n"
			"\tby mx.example (Postfix) with ESMTPSA id 4F2A91C03\n"
			"\tfor <x@y.example>; Sun, 29 Nov 2026" },
		{ RECEIVED_SMTPD,
			" from a (a [192.0.2.7])\n"
			"\tby mx.example (My Mail) with UTF8SMTP id 4F2A;\n" },
		{ RECEIVED_SMTPD, " from a (a [192.0.2.7])\n"
				  "\tby mx.example (Postfix) with UTF8SMTPSA "
				  "id 4F2A;\n" },
		{ RECEIVED_SMTPD, /* behind smtpd_proxy_filter */
			" from a (a [192.0.2.7])\n"
			"\tby mx.example (Postfix) with ESMTPS\n" },
		{ RECEIVED_SMTPD,
			" from a (a [192.0.2.7])\n"
			"\tby mx.example (Postfix) with ESMTPA; Sun\n" },
		/* smtpd_hide_client_session */
		{ RECEIVED_SMTPD, " by mx.example (Postfix) id 4F2A91C03;\n"
				  "\tSun, 29 Nov 2026" },
		{ RECEIVED_SMTPD,
			" by mx.example (Postfix) with ESMTPSA id 4F2A91C03\n"
			"\tfor <x@y.example>; Sun, 29 Nov 2026" },

		{ RECEIVED_OTHER, OTHER_HOST },
		{ RECEIVED_OTHER,
			" from mx.example (mx.example [192.0.2.7])\n"
			"\tby mx (Postfix) with ESMTP id 4F2A91C03;\n" },
		/* The client's own words are in the first line alone. */
		{ RECEIVED_OTHER,
			" from x by mx.example (Postfix) with ESMTP id 4F2;\n"
			"\tby mx2.example (Postfix) with ESMTP id 4F2A91C03;" },
		{ RECEIVED_OTHER,
			" from x (x [192.0.2.7]) by mx.example (Postfix) "
			"with ESMTP id 4F2A91C03;" },
		{ RECEIVED_OTHER,
			" from x (x [192.0.2.7])\n"
			"\tby mx2.example (Postfix) with ESMTP id 4F2A91C03;\n"
			"\tby mx.example (Postfix) with ESMTP id 4F2A91C03;" },
		/* No smtpd: bounces and forwarded mail, QMQP, other programs */
		{ RECEIVED_OTHER, BOUNCE },
		{ RECEIVED_OTHER,
			" from a (a [192.0.2.7])\n"
			"\tby mx.example (Postfix) with QMQP\n\t" DATE },
		{ RECEIVED_OTHER,
			" from a (a [192.0.2.7])\n"
			"\tby mx.example (Postfix) with LMTP id 4F2A91C03;" },
		{ RECEIVED_OTHER,
			" from a (a [192.0.2.7])\n"
			"\tby mx.example (Postfix) with ESMTPX id 4F2A91C03;" },
		{ RECEIVED_OTHER, " from localhost (localhost [127.0.0.1])\n"
				  "\tby mx.example with ESMTP id 4F2A91C03;" },
		{ RECEIVED_OTHER,
			" from a (a [192.0.2.7])\n\tby mx.example (Postfix)" },
		{ RECEIVED_OTHER,
			" from a (a [192.0.2.7])\n\tby mx.example (" },
		{ RECEIVED_OTHER, " from a (a [192.0.2.7])" },
	};
	static const struct received_mta unknown[] = { { NULL, NULL },
		{ "mx.example", NULL }, { NULL, "102" }, { "mx.example", "" },
		{ "", "102" } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (by(&mta, cases[i].value) != cases[i].by)
			fail_msg("%zu: %s", i, cases[i].value);
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		assert_int_equal(by(&unknown[i], REQUEUED), RECEIVED_OTHER);
		assert_int_equal(by(&unknown[i], SMTPD), RECEIVED_OTHER);
	}
	/* Nothing but the host tells whose header it is. */
	assert_int_equal(by(&unknown[4], " by  (Postfix, from userid 102)\n"
					 "\t" DATE),
		RECEIVED_OTHER);
}

/* Each byte that pickup(8) writes counts, except mail_name and what follows "id
 * ". */
static void test_bytes(void **state)
{
	static const char replacements[] = " \t\n\r(),0a9\x01\xff";
	size_t len = strlen(REQUEUED);
	const char *name = strstr(REQUEUED, "Postfix");
	const char *id = strstr(REQUEUED, "4F2A");
	size_t from = (size_t)(name - REQUEUED);
	size_t to = (size_t)(id - REQUEUED);

	(void)state;
	for (size_t i = 0; i < to; i++)
		for (size_t r = 0; r < sizeof replacements - 1; r++) {
			char text[sizeof REQUEUED];
			bool named = i >= from && i < from + strlen("Postfix");

			memcpy(text, REQUEUED, len + 1);
			if (text[i] == replacements[r])
				continue;
			text[i] = replacements[r];
			if ((by(&mta, text) == RECEIVED_REQUEUED) !=
				(named && replacements[r] != '\n'))
				fail_msg("byte %zu: %s", i, text);
		}
	for (size_t i = 0; i < to; i++) {
		char text[sizeof REQUEUED];

		memcpy(text, REQUEUED, i);
		text[i] = '\0';
		assert_int_equal(by(&mta, text), RECEIVED_OTHER);
	}
}

struct kind {
	char letter;
	const char *name;
	const char *value;
};

static const struct kind kinds[] = {
	{ 'P', "Received", REQUEUED },
	{ 's', "Received", SMTPD },
	{ 'u', "Received", PROGRAM },
	{ 'x', "Received", OTHER_HOST },
	{ 'b', "Received", BOUNCE },
	{ 'l', "received", REQUEUED },
	{ 'h', "To", " bob@old.example" },
};

#define KINDS (sizeof kinds / sizeof *kinds)
#define CHAIN 7

/* As in the manual. */
static bool expected(const char *chain)
{
	char seen[CHAIN + 1];
	size_t count = 0;
	size_t own;

	for (; *chain; chain++)
		if (*chain != 'h')
			seen[count++] = *chain;
	seen[count] = '\0';
	own = strspn(seen, "P");
	return own && seen[own] == 's';
}

/* All chains of headers up to this length. */
static void test_chains(void **state)
{
	size_t number = 1;
	size_t requeued = 0;

	(void)state;
	for (size_t i = 0; i < CHAIN; i++)
		number *= KINDS;
	for (size_t n = 0; n < number; n++) {
		enum received_state now = RECEIVED_NONE;
		char chain[CHAIN + 1];
		bool over = false;

		for (size_t i = 0, rest = n; i < CHAIN; i++, rest /= KINDS) {
			const struct kind *kind = &kinds[rest % KINDS];
			bool more = received_next(&now, &mta,
				bytes_of(kind->name), bytes_of(kind->value));

			chain[i] = kind->letter;
			chain[i + 1] = '\0';
			/* False is the last word. */
			assert_false(over && more);
			over = over || !more;
			if (received_is_requeued(now) != expected(chain))
				fail_msg("%s", chain);
		}
		requeued += received_is_requeued(now);
	}
	assert_in_range(requeued, number / 100, number / 4);
}

static void tell(void *context, enum log_level level, const char *line)
{
	char **told = context;

	assert_null(*told);
	assert_true(asprintf(told, "%d %s", level, line) > 0);
}

static void check_line(struct testdecide *test, bool requeued)
{
	struct log log = { .level = LOG_LEVEL_INFO, .addresses = true };
	char *told = NULL;
	char expected[200];

	decisionlog_lines(&test->decision, &test->message, "4F2A91C03", 7, &log,
		tell, &told);
	(void)snprintf(expected, sizeof expected,
		"%d 4F2A91C03: direction=inbound why=%s generation=7 %s",
		LOG_LEVEL_INFO, requeued ? "requeued" : "daemon",
		requeued ? "unchanged"
			 : "rcpt=<bob@old.example>:<bob.owen@new.example> "
			   "headers=Cc");
	assert_non_null(told);
	if (requeued)
		assert_string_equal(told, expected);
	else
		assert_memory_equal(told, expected, strlen(expected) - 2);
	free(told);
}

/* decide() changes nothing in mail that was decided before. */
static void test_decide(void **state)
{
	static const struct {
		const char *chain;
		bool local;
		bool requeued;
	} cases[] = {
		{ "Psh", true, true },
		{ "hPPs", true, true },
		{ "Ps", false, false },
		{ "h", true, false },
		{ "u", true, false },
		{ "uPs", true, false },
		{ "Pu", true, false },
		{ "PuPs", true, false },
		{ "s", true, false },
		{ "sPs", true, false },
		{ "Px", true, false },
		{ "lPs", true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct decide_header headers[CHAIN + 1];
		struct testdecide test = {
			.rules = "in bob@old.example;bob.owen@new.example",
			.why = DECISION_WHY_DAEMON,
			.sender = "<alice@out.example>",
			.recipients = "<bob@old.example>",
		};
		size_t count = 0;

		testdecide_open(&test);
		for (const char *c = cases[i].chain; *c; c++)
			for (size_t k = 0; k < KINDS; k++)
				if (kinds[k].letter == *c)
					headers[count++] =
						(struct decide_header){
							bytes_of(kinds[k].name),
							bytes_of(
								kinds[k].value),
							false
						};
		headers[count++] = (struct decide_header){ bytes_of("Cc"),
			bytes_of(" bob@old.example"), false };
		test.message.headers = headers;
		test.message.header_count = count;
		test.message.mta = cases[i].local ? &mta : NULL;
		assert_int_equal(testdecide_decide(&test), 0);
		assert_int_equal(
			decision_changes(&test.decision), !cases[i].requeued);
		assert_int_equal(test.decision.direction, DECISION_INBOUND);
		assert_string_equal(decision_why_name(test.decision.why),
			cases[i].requeued ? "requeued" : "daemon");
		assert_int_equal(
			test.decision.finding_count > 0, !cases[i].requeued);
		check_line(&test, cases[i].requeued);
		testdecide_close(&test);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What replies say, the user that nobody has, targets of a map, and a directory
 * compared with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "probe/probe.h"

#define REFUSED "<a@b.example>: Recipient address rejected: "

#define FINGER "posttls-finger: "

static void test_size(void **state)
{
	static const struct {
		const char *chat;
		uint64_t size; /* 0: it told none */
	} cases[] = {
		{ "", 0 },
		{ FINGER "Connected to mx[192.0.2.1]:25\n" FINGER
			 "< 220 mx\n" FINGER "> EHLO relay.example\n" FINGER
			 "< 250-mx\n" FINGER "< 250-SIZE 36700160\n" FINGER
			 "< 250 DSN\n",
			36700160 },
		{ FINGER "< 250 size 7\r\n", 7 },
		/* Behind STARTTLS it says something else, or nothing. */
		{ FINGER "> EHLO a\n" FINGER "< 250 SIZE 5\n" FINGER
			 "> EHLO a\n" FINGER "< 250 SIZE 6\n",
			6 },
		{ FINGER "> EHLO a\n" FINGER "< 250 SIZE 5\n" FINGER
			 "> EHLO a\n" FINGER "< 250 DSN\n",
			0 },
		/* No limit (RFC 1870). */
		{ FINGER "< 250-SIZE 0\n", 0 },
		{ FINGER "< 250-SIZE\n", 0 },
		{ FINGER "< 250 SIZE x\n", 0 },
		{ FINGER "< 250 SIZE 5x\n", 0 },
		{ FINGER "< 250-SIZES 5\n", 0 },
		{ FINGER "< 550-SIZE 5\n", 0 },
		{ "250-SIZE 5\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t len = strlen(cases[i].chat);
		char *copy = malloc(len + !len); /* of exact size */
		uint64_t size = 99;

		assert_non_null(copy);
		memcpy(copy, cases[i].chat, len);
		assert_int_equal(
			probe_read_size((struct bytes){ copy, len }, &size),
			cases[i].size != 0);
		assert_int_equal(size, cases[i].size);
		free(copy);
	}
}

static void test_classify(void **state)
{
	static const struct {
		unsigned code;
		const char *text;
		enum probe_result result;
	} cases[] = {
		{ 250, "2.1.5 Ok", PROBE_YES },
		{ 251, "will forward", PROBE_YES },
		{ 0, "", PROBE_UNKNOWN },
		{ 354, "", PROBE_UNKNOWN },
		{ 450,
			"4.1.1 " REFUSED "unverified address: Address "
			"verification in progress",
			PROBE_WAIT },
		/* What the next hop says of the address. */
		{ 550,
			"5.1.1 " REFUSED
			"undeliverable address: host h[192.0.2.1] said: 550 "
			"5.1.1 no (in reply to RCPT TO command)",
			PROBE_NO },
		{ 450,
			"4.1.1 " REFUSED
			"undeliverable address: host h[192.0.2.1] said: 550 "
			"no (in reply to RCPT TO command)",
			PROBE_NO },
		{ 450,
			"4.2.0 " REFUSED
			"unverified address: host h[192.0.2.1] said: 450 4.2.0 "
			"greylisted (in reply to RCPT TO command)",
			PROBE_UNKNOWN },
		/* What it says of us. */
		{ 550,
			"5.7.1 " REFUSED
			"undeliverable address: host h[192.0.2.1] said: 550 "
			"go away (in reply to MAIL FROM command)",
			PROBE_UNKNOWN },
		{ 550,
			"5.7.1 " REFUSED
			"undeliverable address: host h[192.0.2.1] said: 550 "
			"(in reply to RCPT TO command) (in reply to EHLO "
			"command)",
			PROBE_UNKNOWN },
		/* What Postfix finds itself. */
		{ 550,
			"5.4.4 " REFUSED
			"undeliverable address: Host or domain name not found",
			PROBE_NO },
		{ 550, "5.1.1 " REFUSED "User unknown in local table",
			PROBE_NO },
		{ 501, "5.1.3 Bad recipient address syntax", PROBE_NO },
		/* A service that asks nobody. */
		{ 554, "5.7.1 <a@b.example>: Relay access denied",
			PROBE_UNKNOWN },
		{ 550, "no", PROBE_UNKNOWN },
		{ 451, "4.3.0 Temporary lookup failure", PROBE_UNKNOWN },
		{ 450, "5.1.1 odd", PROBE_UNKNOWN },
		{ 550, "", PROBE_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		/* A copy of exact size without a NUL: reads beyond it show. */
		size_t len = strlen(cases[i].text);
		char *text = malloc(len ? len : 1);

		assert_non_null(text);
		memcpy(text, cases[i].text, len);
		if (probe_classify(cases[i].code,
			    (struct bytes){ text, len }) != cases[i].result)
			fail_msg("case %zu: %u %s", i, cases[i].code,
				cases[i].text);
		free(text);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(probe_result_name(PROBE_YES), "yes");
	assert_string_equal(probe_result_name(PROBE_NO), "no");
	assert_string_equal(probe_result_name(PROBE_UNKNOWN), "unknown");
}

/* The user is another one for each host and each domain, and always the same
 * one there. */
static void test_user(void **state)
{
	char first[PROBE_USER_MAX];
	char other[PROBE_USER_MAX];

	(void)state;
	probe_make_user(bytes_of("ab"), bytes_of("c.example"), first);
	assert_int_equal(strlen(first), strlen("probe-") + 16);
	probe_make_user(bytes_of("ab"), bytes_of("c.example"), other);
	assert_string_equal(first, other);
	probe_make_user(bytes_of("ab"), bytes_of("d.example"), other);
	assert_string_not_equal(first, other);
	probe_make_user(bytes_of("x"), bytes_of("c.example"), other);
	assert_string_not_equal(first, other);
	probe_make_user(bytes_of("a"), bytes_of("bc.example"), other);
	assert_string_not_equal(first, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classify),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* maillog: lines of the mail log, as three programs write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "trace/maillog.h"

/* A copy without a byte too many, so that reads beyond the end are found. */
static struct bytes copy(const char *text)
{
	size_t len = strlen(text);
	char *data = malloc(len + !len);

	assert_non_null(data);
	memcpy(data, text, len);
	return (struct bytes){ data, len };
}

static void assert_bytes(struct bytes found, const char *expected)
{
	if (!bytes_equal(found, bytes_of(expected)))
		fail_msg("\"%.*s\" instead of \"%s\"", (int)found.len,
			found.len ? found.data : "", expected);
}

static void test_cut(void **state)
{
	static const struct {
		const char *line;
		const char *time; /* NULL: it is no line of the mail log */
		const char *process;
		const char *id;
		const char *text;
	} cases[] = {
		{ "Nov 29 19:00:01 relay postfix/smtpd[100]: 4F2A91C03: "
		  "client=mx.example[192.0.2.1]",
			"Nov 29 19:00:01", "postfix/smtpd", "4F2A91C03",
			"client=mx.example[192.0.2.1]" },
		{ "Nov  9 19:00:01 relay postfix/qmgr[1]: 4abcDXZ1z0k: removed",
			"Nov  9 19:00:01", "postfix/qmgr", "4abcDXZ1z0k",
			"removed" },
		{ "2026-11-29T19:00:01.123456+01:00 relay "
		  "postfix/outbound/smtpd[7]: NOQUEUE: reject: RCPT from x",
			"2026-11-29T19:00:01.123456+01:00",
			"postfix/outbound/smtpd", "NOQUEUE",
			"reject: RCPT from x" },
		{ "2026-11-29T19:00:01+0000 relay readdress-milter[50]: "
		  "4F2A91C03: direction=inbound",
			"2026-11-29T19:00:01+0000", "readdress-milter",
			"4F2A91C03", "direction=inbound" },
		/* no process number; not about a message */
		{ "Nov 29 19:00:01 relay readdress-milter: start: version 1",
			"Nov 29 19:00:01", "readdress-milter", "",
			"start: version 1" },
		{ "Nov 29 19:00:01 relay postfix/smtpd[1]: warning: x: y",
			"Nov 29 19:00:01", "postfix/smtpd", "",
			"warning: x: y" },
		{ "Nov 29 19:00:01 relay postfix/smtpd[1]: 4F2A91C03:x",
			"Nov 29 19:00:01", "postfix/smtpd", "", "4F2A91C03:x" },
		{ "Nov 29 19:00:01 relay x[1]: ", "Nov 29 19:00:01", "x", "",
			"" },
		{ "", NULL, NULL, NULL, NULL },
		{ "Nov 29 19:00:01", NULL, NULL, NULL, NULL },
		{ "Nov 29 19:00:01 ", NULL, NULL, NULL, NULL },
		{ "Nov 29 19:00:01 relay", NULL, NULL, NULL, NULL },
		{ "Nov 29 19:00:01 relay x", NULL, NULL, NULL, NULL },
		{ "-- Journal begins at Sun 2026-11-29 --", NULL, NULL, NULL,
			NULL },
		{ "20261129 relay x: y", NULL, NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes line = copy(cases[i].line);
		struct maillog_line cut;

		assert_int_equal(
			maillog_cut(line, &cut), cases[i].time != NULL);
		if (cases[i].time) {
			assert_bytes(cut.time, cases[i].time);
			assert_bytes(cut.process, cases[i].process);
			assert_bytes(cut.queue_id, cases[i].id);
			assert_bytes(cut.text, cases[i].text);
		}
		free((void *)(uintptr_t)line.data);
	}
}

static void test_value(void **state)
{
	static const struct {
		const char *text;
		const char *name;
		const char *value; /* NULL: it is not there */
	} cases[] = {
		{ "to=<a@x>, relay=b", "to=", "a@x" },
		{ "to=<a@x>, relay=b", "relay=", "b" },
		{ "orig_to=<a@x>", "to=", NULL },
		{ "to=<\"a>, b\"@x>, relay=b", "to=", "\"a>, b\"@x" },
		{ "to=<\"a\\\">\"@x>, relay=b", "to=", "\"a\\\">\"@x" },
		{ "from=<>, size=5", "from=", "" },
		{ "from=<", "from=", "<" },
		{ "from=", "from=", "" },
		{ "size=5, nrcpt=1 (queue active)", "size=", "5" },
		{ "leak=<a@x> field=from why=y", "leak=", "a@x" },
		{ "", "a=", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes text = copy(cases[i].text);
		struct bytes value;

		assert_int_equal(maillog_value(text, cases[i].name, &value),
			cases[i].value != NULL);
		if (cases[i].value)
			assert_bytes(value, cases[i].value);
		free((void *)(uintptr_t)text.data);
	}
}

static void test_seconds(void **state)
{
	/* 2026-01-02T00:00:00Z */
	static const int64_t now = 1767312000;
	static const struct {
		const char *time;
		int64_t seconds; /* -1: none */
	} cases[] = {
		{ "2026-01-01T00:00:00Z", 1767225600 },
		{ "2026-01-01T00:00:00.5+00:00", 1767225600 },
		{ "2026-01-01T01:00:00+0100", 1767225600 },
		{ "2025-12-31T23:00:00-0100", 1767225600 },
		{ "Jan  1 00:00:00", 1767225600 },
		{ "Jan  2 12:00:00", 1767355200 }, /* a clock that differs */
		{ "Dec 31 23:59:59", 1767225599 }, /* last year's */
		{ "Jan 32 00:00:00", -1 },
		{ "2026-13-01T00:00:00Z", -1 },
		{ "2026", -1 },
		{ "", -1 },
	};

	(void)state;
	assert_int_equal(setenv("TZ", "UTC0", 1), 0);
	tzset();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes text = copy(cases[i].time);
		int64_t seconds = -1;

		assert_int_equal(maillog_seconds(text, now, &seconds),
			cases[i].seconds != -1);
		if (cases[i].seconds != -1)
			assert_int_equal(seconds, cases[i].seconds);
		free((void *)(uintptr_t)text.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "approve/when.h"
#include "base/clock.h"

/* POSIX zones, so that no files of zones are needed. */
#define BERLIN	 "CET-1CEST,M3.5.0,M10.5.0/3"
#define NEW_YORK "EST5EDT,M3.2.0,M11.1.0"
#define HOWE	 "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0" /* half an hour */
#define INDIA	 "IST-5:30"

static int64_t utc(const char *text)
{
	struct tm tm = { 0 };

	assert_non_null(strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm));
	return timegm(&tm);
}

struct good {
	const char *zone;
	const char *now;
	const char *text;
	const char *at;
};

static void test_good(void **test)
{
	static const struct good cases[] = {
		{ BERLIN, "2026-11-29T12:00:00Z", "2026-11-29T22:00:00+01:00",
			"2026-11-29T21:00:00Z" },
		{ BERLIN, "2026-11-29T12:00:00Z", "2026-11-29t22:00:00z",
			"2026-11-29T22:00:00Z" },
		{ BERLIN, "2026-11-29T12:00:00Z", "2026-11-29 22:00:01-05:30",
			"2026-11-30T03:30:01Z" },
		{ BERLIN, "2028-02-01T12:00:00Z", "2028-02-29T00:00:00Z",
			"2028-02-29T00:00:00Z" },
		/* The zone makes no difference where there is an offset, nor
		 * does the change of clocks. */
		{ BERLIN, "2026-10-24T12:00:00Z", "2026-10-25T02:30:00+02:00",
			"2026-10-25T00:30:00Z" },
		{ BERLIN, "2026-10-24T12:00:00Z", "2026-10-25T02:30:00+01:00",
			"2026-10-25T01:30:00Z" },
		/* The next one to come, also tomorrow. */
		{ BERLIN, "2026-11-29T12:00:00Z", "22:00",
			"2026-11-29T21:00:00Z" },
		{ BERLIN, "2026-11-29T21:00:00Z", "22:00",
			"2026-11-29T21:00:00Z" },
		{ BERLIN, "2026-11-29T21:00:01Z", "22:00",
			"2026-11-30T21:00:00Z" },
		{ BERLIN, "2026-11-29T23:30:00Z", "00:29",
			"2026-11-30T23:29:00Z" },
		{ BERLIN, "2026-06-01T12:00:00Z", "22:00",
			"2026-06-01T20:00:00Z" },
		{ NEW_YORK, "2026-11-30T02:59:59Z", "22:00",
			"2026-11-30T03:00:00Z" },
		{ INDIA, "2026-11-29T18:29:00Z", "00:00",
			"2026-11-29T18:30:00Z" },
		{ "UTC0", "2026-12-31T23:59:59Z", "00:00",
			"2027-01-01T00:00:00Z" },
		/* On the days when the clock is changed, and around them. */
		{ BERLIN, "2026-10-24T20:00:00Z", "01:59",
			"2026-10-24T23:59:00Z" },
		{ BERLIN, "2026-10-24T20:00:00Z", "03:00",
			"2026-10-25T02:00:00Z" },
		{ BERLIN, "2026-10-25T01:59:59Z", "02:30",
			"2026-10-26T01:30:00Z" },
		{ BERLIN, "2026-03-28T20:00:00Z", "01:59",
			"2026-03-29T00:59:00Z" },
		{ BERLIN, "2026-03-28T20:00:00Z", "03:00",
			"2026-03-29T01:00:00Z" },
		{ BERLIN, "2026-03-29T02:00:00Z", "02:30",
			"2026-03-30T00:30:00Z" },
		{ BERLIN, "2026-03-28T00:00:00Z", "02:30",
			"2026-03-28T01:30:00Z" },
		{ HOWE, "2026-10-03T10:00:00Z", "02:30",
			"2026-10-03T15:30:00Z" },
		{ HOWE, "2026-04-04T10:00:00Z", "01:29",
			"2026-04-04T14:29:00Z" },
		/* Exactly now, and exactly 90 days ahead. */
		{ BERLIN, "2026-11-29T21:00:00Z", "2026-11-29T21:00:00Z",
			"2026-11-29T21:00:00Z" },
		{ BERLIN, "2026-11-29T21:00:00Z", "2027-02-27T21:00:00Z",
			"2027-02-27T21:00:00Z" },
	};
	struct error error;
	int64_t at;

	(void)test;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct good *one = &cases[i];

		error.text[0] = '\0';
		at = -1;
		if (when_read(
			    one->text, utc(one->now), one->zone, &at, &error) ||
			at != utc(one->at)) {
			char found[CLOCK_TEXT_MAX];

			clock_text(at, found);
			fail_msg("%s at %s: %s, expected %s %s", one->text,
				one->now, found, one->at, error.text);
		}
	}
}

struct bad {
	const char *zone;
	const char *now;
	const char *text;
	const char *why;  /* a part of the text */
	const char *also; /* another; may be NULL */
};

static void test_bad(void **test)
{
	static const char now[] = "2026-11-29T12:00:00Z";
	static const struct bad cases[] = {
		{ BERLIN, now, "", "cannot be read", NULL },
		{ BERLIN, now, "22", "cannot be read", NULL },
		{ BERLIN, now, "9:00", "cannot be read", "22:00" },
		{ BERLIN, now, "22:0x", "cannot be read", NULL },
		{ BERLIN, now, "24:00", "no such time", NULL },
		{ BERLIN, now, "22:60", "no such time", NULL },
		{ BERLIN, now, "22:00:00", "cannot be read", NULL },
		{ BERLIN, now, "tomorrow", "cannot be read", NULL },
		{ BERLIN, now, "2026-11-29T22:00:00", "no offset", NULL },
		{ BERLIN, now, "2026-11-29T22:00:00.5Z", "parts of a second",
			NULL },
		{ BERLIN, now, "2026-11-29T22:00:00+0100", "cannot be read",
			NULL },
		{ BERLIN, now, "2026-11-29T22:00:00+24:00", "cannot be read",
			NULL },
		{ BERLIN, now, "2026-11-29T22:00:00+01:60", "cannot be read",
			NULL },
		{ BERLIN, now, "2026-11-29T22:00:00Zx", "cannot be read",
			NULL },
		{ BERLIN, now, "2026-11-31T22:00:00Z", "cannot be read", NULL },
		{ BERLIN, now, "2027-02-29T22:00:00Z", "cannot be read", NULL },
		{ BERLIN, now, "2026-11-29T24:00:00Z", "cannot be read", NULL },
		{ BERLIN, now, "2026-11-29T11:59:59Z", "1 s ago",
			"2026-11-29 12:59:59 CET (2026-11-29T11:59:59Z)" },
		{ BERLIN, now, "1999-01-01T00:00:00Z", " ago", NULL },
		{ BERLIN, now, "2027-02-27T12:00:01Z",
			"more than 90 days ahead", NULL },
		/* Skipped: the two instants. */
		{ BERLIN, "2026-03-28T20:00:00Z", "02:30", "never shows",
			"2026-03-29 01:30:00 CET (2026-03-29T00:30:00Z) or "
			"2026-03-29 03:30:00 CEST (2026-03-29T01:30:00Z)" },
		{ BERLIN, "2026-03-28T20:00:00Z", "02:00", "never shows",
			NULL },
		{ BERLIN, "2026-03-28T20:00:00Z", "02:59", "never shows",
			NULL },
		{ NEW_YORK, "2026-03-08T00:00:00Z", "02:30", "never shows",
			NULL },
		{ HOWE, "2026-10-03T10:00:00Z", "02:15", "never shows", NULL },
		/* Repeated. */
		{ BERLIN, "2026-10-24T20:00:00Z", "02:30", "twice",
			"2026-10-25 02:30:00 CEST (2026-10-25T00:30:00Z) or "
			"2026-10-25 02:30:00 CET (2026-10-25T01:30:00Z)" },
		{ BERLIN, "2026-10-24T20:00:00Z", "02:00", "twice", NULL },
		/* The first of the two is past. */
		{ BERLIN, "2026-10-25T00:45:00Z", "02:30", "twice", NULL },
		{ NEW_YORK, "2026-11-01T00:00:00Z", "01:00", "twice", NULL },
		{ HOWE, "2026-04-04T10:00:00Z", "01:45", "twice", NULL },
	};
	struct error error;
	int64_t at;

	(void)test;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct bad *one = &cases[i];

		error.text[0] = '\0';
		if (when_read(one->text, utc(one->now), one->zone, &at,
			    &error) != ERR_USAGE ||
			!strstr(error.text, one->why) ||
			(one->also && !strstr(error.text, one->also)))
			fail_msg("%s at %s: %s, expected %s", one->text,
				one->now, error.text, one->why);
	}
}

/* The zone is the machine's, whatever TZ says. */
static void test_not_tz(void **test)
{
	struct error error;
	int64_t one;
	int64_t other;

	(void)test;
	assert_int_equal(setenv("TZ", INDIA, 1), 0);
	assert_int_equal(when_read("22:00", utc("2026-11-29T12:00:00Z"), BERLIN,
				 &one, &error),
		0);
	assert_int_equal(setenv("TZ", NEW_YORK, 1), 0);
	assert_int_equal(when_read("22:00", utc("2026-11-29T12:00:00Z"), BERLIN,
				 &other, &error),
		0);
	assert_true(one == other);
}

static void test_every_minute(void **test)
{
	static const char *const zones[] = { BERLIN, NEW_YORK, HOWE, INDIA };
	struct error error;

	/* What is read is to come, within a day and an hour, and reads as it
	 * was written; refused is at most an hour of the day. */
	(void)test;
	for (size_t z = 0; z < sizeof zones / sizeof *zones; z++) {
		int64_t now = utc("2026-01-01T00:17:31Z");

		for (unsigned day = 0; day < 365; day++) {
			unsigned refused = 0;

			for (unsigned minute = 0; minute < 1440; minute += 15) {
				char text[WHEN_TEXT_MAX];
				char shown[WHEN_TEXT_MAX];
				int64_t at;

				(void)snprintf(text, sizeof text, "%02u:%02u",
					minute / 60 % 24, minute % 60);
				if (when_read(
					    text, now, zones[z], &at, &error)) {
					refused++;
					continue;
				}
				assert_true(at >= now && at <= now + 25 * 3600);
				when_show(at, zones[z], shown);
				assert_memory_equal(shown + 11, text, 5);
				assert_memory_equal(shown + 16, ":00 ", 4);
			}
			assert_true(refused <= 4);
			now += 86400;
		}
	}
}

static void test_spans(void **test)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = { { 0, "0 s" }, { 59, "59 s" }, { 60, "1 min" },
		{ 61, "1 min 1 s" }, { 3600, "1 h" }, { 3661, "1 h 1 min" },
		{ 86400 + 3599, "1 d" }, { 90 * 86400 + 7200, "90 d 2 h" } };
	char text[WHEN_TEXT_MAX];

	(void)test;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		when_span(cases[i].seconds, text);
		assert_string_equal(text, cases[i].text);
	}
	when_local(utc("2026-11-29T21:00:00Z"), BERLIN, text);
	assert_string_equal(text, "2026-11-29T22:00:00+01:00");
	when_local(utc("2026-11-29T21:00:00Z"), NEW_YORK, text);
	assert_string_equal(text, "2026-11-29T16:00:00-05:00");
	when_local(utc("2026-11-29T21:00:00Z"), INDIA, text);
	assert_string_equal(text, "2026-11-30T02:30:00+05:30");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_not_tz),
		cmocka_unit_test(test_every_minute),
		cmocka_unit_test(test_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

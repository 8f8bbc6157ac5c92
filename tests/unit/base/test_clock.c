#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"

static void test_text(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ -1, "1969-12-31T23:59:59Z" },
		{ 1795273740, "2026-11-21T15:09:00Z" },
		{ 4107542400, "2100-03-01T00:00:00Z" },
		{ 253402300799, "9999-12-31T23:59:59Z" },
		{ 67768036191676800, "?" },
		{ INT64_MAX, "?" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[CLOCK_TEXT_MAX];

		clock_text(cases[i].seconds, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: refused */
	} cases[] = {
		{ "2026-11-21T15:09:00Z", 1795273740 },
		{ "2026-11-21t15:09:00z", 1795273740 },
		{ "2026-11-21 15:09:00Z", 1795273740 },
		{ "2026-11-21T15:09:00.987Z", 1795273740 },
		{ "2026-11-21T16:09:00+01:00", 1795273740 },
		{ "2026-11-21T09:39:00-05:30", 1795273740 },
		{ "2026-11-21", 1795219200 },
		{ "2024-02-29", 1709164800 },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "", -1 },
		{ "2026", -1 },
		{ "2026-11", -1 },
		{ "2026-11-21T", -1 },
		{ "2026-11-21T15:09", -1 },
		{ "2026-11-21T15:09:00", -1 },
		{ "2026-11-21T15:09:00Z ", -1 },
		{ "2026-11-21T15:09:00.Z", -1 },
		{ "2026-11-21T15:09:00+0100", -1 },
		{ "2026-11-21T15:09:00+24:00", -1 },
		{ "2026-11-21T15:09:00+01:60", -1 },
		{ "2026-11-21T24:00:00Z", -1 },
		{ "2026-11-21T15:60:00Z", -1 },
		{ "2026-11-21T15:09:61Z", -1 },
		{ "2026-02-29", -1 },
		{ "2026-04-31", -1 },
		{ "2026-13-01", -1 },
		{ "2026-00-01", -1 },
		{ "2026-11-00", -1 },
		{ "2026-11-32", -1 },
		{ "26-11-21", -1 },
		{ "+026-11-21", -1 },
		{ "2026/11/21", -1 },
		{ "yesterday", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t seconds = -2;

		if (clock_parse(bytes_of(cases[i].text), &seconds) !=
				(cases[i].seconds >= 0) ||
			(cases[i].seconds >= 0 && seconds != cases[i].seconds))
			fail_msg("\"%s\": %lld", cases[i].text,
				(long long)seconds);
	}
}

static void test_monotonic(void **state)
{
	const struct timespec pause = { 0, 3000000 };
	uint64_t ms = clock_ms();
	uint64_t ns = clock_ns();

	(void)state;
	(void)nanosleep(&pause, NULL);
	assert_true(clock_ns() - ns >= 3000000);
	assert_true(clock_ms() - ms >= 3);
	assert_in_range(clock_ns() / 1000000 - clock_ms() + 1, 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_monotonic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

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
		cmocka_unit_test(test_monotonic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

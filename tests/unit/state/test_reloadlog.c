/* The lines of served/reload.log, written and parsed. */
#include "kit/statekit.h"

#include "state/reloadlog.h"

static void assert_line(const char *line, const char *expected,
	enum reloadlog_kind kind, uint64_t generation)
{
	uint64_t found = 77;

	if (expected)
		assert_string_equal(line, expected);
	assert_int_equal(reloadlog_parse(bytes_of(line), &found), kind);
	assert_int_equal(found, generation);
}

/* Every line that is written is parsed again. */
static void test_written(void **state)
{
	static const uint64_t generations[] = { 1, 12, 999999999999999999u };
	char line[RELOADLOG_LINE];
	char why[ERROR_TEXT_MAX];

	(void)state;
	reloadlog_start(line, "0.1.0", 12, "3 users, 1 domain", "0123");
	assert_line(line,
		"start: version 0.1.0, generation 12, 3 users, 1 domain, "
		"digest 0123",
		RELOADLOG_START, 12);
	reloadlog_made(line, 12, 13, "4 users, 1 domain", "-");
	assert_line(line,
		"reload: generation 12 -> 13, 4 users, 1 domain, digest -",
		RELOADLOG_MADE, 13);
	reloadlog_failed(line, 13, "no");
	assert_line(line, "reload: failed, generation 13 stays: no",
		RELOADLOG_FAILED, 13);
	memset(why, 'x', sizeof why - 1);
	why[sizeof why - 1] = '\0';
	for (size_t i = 0; i < sizeof generations / sizeof *generations; i++) {
		uint64_t generation = generations[i];

		reloadlog_start(line, "1", generation, "", "");
		assert_line(line, NULL, RELOADLOG_START, generation);
		reloadlog_made(line, 7, generation, "generation 5 -> 6", "");
		assert_line(line, NULL, RELOADLOG_MADE, generation);
		reloadlog_failed(line, generation, why);
		assert_line(line, NULL, RELOADLOG_FAILED, generation);
		assert_string_equal(line + strlen(line) - strlen(why), why);
	}
}

static void test_odd(void **state)
{
	(void)state;
	assert_line("", NULL, RELOADLOG_OTHER, 0);
	assert_line("something else", NULL, RELOADLOG_OTHER, 0);
	assert_line("start: generation 1", NULL, RELOADLOG_OTHER, 0);
	assert_line("start: version 1", NULL, RELOADLOG_START, 0);
	assert_line("start: version 1, x 5", NULL, RELOADLOG_START, 0);
	assert_line("reload: ", NULL, RELOADLOG_MADE, 0);
	assert_line("reload: generation -> 9", NULL, RELOADLOG_MADE, 0);
	assert_line("reload: generation 7 -> ", NULL, RELOADLOG_MADE, 0);
	assert_line("reload: generation 7", NULL, RELOADLOG_MADE, 0);
	assert_line("reload: generation 7 -> 9999999999999999999999, x", NULL,
		RELOADLOG_MADE, 0);
	assert_line("reload: failed, generation x", NULL, RELOADLOG_FAILED, 0);
	assert_line("reload: failed", NULL, RELOADLOG_MADE, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_odd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

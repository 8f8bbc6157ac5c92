#include "kit/statekit.h"

#include <sys/wait.h>

#include "state/serving.h"

static void write_log(struct kit *kit, const char *text)
{
	kit_write(kit_path(kit, "state/" STATE_RELOAD_LOG), text, strlen(text));
}

static void test_reload(void **test)
{
	static const char first[] =
		"2026-11-21T15:09:00Z start: version 0, generation 7, 1 user\n";
	static const struct {
		const char *more;
		int found;
		uint64_t generation;
	} tests[] = {
		{ "", 0, 0 },
		{ "2026-11-21T15:09:01Z start: version 0, generation 8\n", 0,
			0 },
		{ "2026-11-21T15:09:01Z reload: generation 7 -> 8, 1 user\n", 1,
			8 },
		/* A line that is cut: by a crash, or because it is still being
		   written. */
		{ "2026-11-21T15:09:01Z reload: generation 7 -> 8, 1 us", 0,
			0 },
		{ "2026-11-21T15:09:01Z reload: failed, generation 7 stays: x"
		  "\n",
			2, 7 },
		{ "2026-11-21T15:09:01Z reload: failed, generation 7 stays: x"
		  "\n2026-11-21T15:09:02Z reload: generation 7 -> 9, 1 user\n",
			1, 9 },
		{ "2026-11-21T15:09:01Z reload: generation 7 -> 9, 1 user\n"
		  "2026-11-21T15:09:02Z reload: failed, generation 9 stays: y"
		  "\n",
			2, 9 },
		{ "\n\nreload: generation 1 -> 2\nx\n", 0, 0 },
		{ "2026-11-21T15:09:01Z reload: generation -> 9\n", 0, 0 },
		{ "2026-11-21T15:09:01Z reload: generation 7 -> \n", 0, 0 },
		{ "2026-11-21T15:09:01Z reload: failed, generation x\n", 0, 0 },
	};
	struct kit *kit = *test;
	struct state *state = kit_state(kit);
	uint64_t generation = 0;
	off_t end = 1;

	KIT_OK(kit, serving_log_end(state, &end, &kit->error));
	assert_int_equal(end, 0);
	assert_int_equal(
		serving_reload(state, 0, &generation, NULL, &kit->error), 0);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		char text[512];

		write_log(kit, first);
		KIT_OK(kit, serving_log_end(state, &end, &kit->error));
		assert_int_equal(end, sizeof first - 1);
		(void)snprintf(text, sizeof text, "%s%s", first, tests[i].more);
		write_log(kit, text);
		assert_int_equal(serving_reload(state, end, &generation, NULL,
					 &kit->error),
			tests[i].found);
		if (tests[i].found)
			assert_int_equal(generation, tests[i].generation);
	}
	/* The file is a new one. */
	write_log(kit, "2026-11-21T15:09:01Z reload: generation 1 -> 2, x\n");
	assert_int_equal(
		serving_reload(state, 9999, &generation, NULL, &kit->error), 1);
	assert_int_equal(generation, 2);
	state_close(state);
}

/* What takes a restart is told of the last reload alone. */
static void test_fixed(void **test)
{
	static const struct {
		const char *text;
		int found;
		const char *fixed;
	} tests[] = {
		{ "", 0, "" },
		{ "2026-11-21T15:09:01Z reload: generation 1 -> 1, 1 user; a "
		  "change of socket, timeout takes a restart\n",
			1, "socket, timeout" },
		{ "2026-11-21T15:09:01Z reload: generation 1 -> 1, 1 user; a "
		  "change of socket takes a restart\n"
		  "2026-11-21T15:09:02Z reload: generation 1 -> 2, 1 user\n",
			1, "" },
		{ "2026-11-21T15:09:01Z reload: generation 1 -> 1, 1 user; a "
		  "change of socket\n",
			1, "" },
	};
	struct kit *kit = *test;
	struct state *state = kit_state(kit);

	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		char fixed[SERVING_FIXED] = "old";
		uint64_t generation;

		write_log(kit, tests[i].text);
		assert_int_equal(serving_reload(state, 0, &generation, fixed,
					 &kit->error),
			tests[i].found);
		assert_string_equal(fixed, tests[i].fixed);
	}
	state_close(state);
}

/* Another process holds the lock, with and without its signature. */
static void test_process(void **test)
{
	struct kit *kit = *test;
	struct state *state = kit_state(kit);

	for (int sign = 0; sign < 2; sign++) {
		pid_t found = 1;
		int ready[2];
		int over[2];
		pid_t child;
		char word;

		assert_int_equal(
			serving_process(state, &found, &kit->error), 0);
		assert_int_equal(pipe(ready), 0);
		assert_int_equal(pipe(over), 0);
		child = fork();
		assert_true(child >= 0);
		if (!child) {
			int claim = -1;

			(void)close(over[1]);
			if (state_claim_served(state, &claim, NULL))
				_exit(1);
			if (sign)
				serving_sign(claim);
			if (write(ready[1], "", 1) != 1 ||
				read(over[0], &word, 1) != 0)
				_exit(1);
			_exit(0);
		}
		(void)close(ready[1]);
		(void)close(over[0]);
		assert_int_equal(read(ready[0], &word, 1), 1);
		assert_int_equal(
			serving_process(state, &found, &kit->error), 1);
		assert_int_equal(found, sign ? child : 0);
		(void)close(over[1]);
		assert_int_equal(waitpid(child, NULL, 0), child);
		(void)close(ready[0]);
	}
	state_close(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(test_reload),
		KIT_TEST(test_fixed),
		KIT_TEST(test_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

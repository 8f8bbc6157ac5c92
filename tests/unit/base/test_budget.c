/* budget: how much arenas with accounts may hold, each and together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "base/arena.h"

#define MB ((size_t)1 << 20)

static void test_account(void **state)
{
	struct budget budget = { 40 * MB, 0 };
	struct budget_account a = { .budget = &budget };
	struct budget_account b = { .budget = &budget };

	(void)state;
	/* the first MB is not counted */
	assert_true(budget_take(&a, MB));
	assert_int_equal(budget.used, 0);
	assert_true(budget_take(&a, 1));
	assert_int_equal(budget.used, 1);
	assert_true(budget_take(&a, 9 * MB - 1));
	assert_int_equal(budget.used, 9 * MB);
	/* one account may hold a quarter at most */
	assert_false(budget_take(&a, 1));
	assert_int_equal(a.answer, BUDGET_TOO_LARGE);
	assert_false(budget_take(&b, SIZE_MAX));
	assert_int_equal(b.answer, BUDGET_TOO_LARGE);
	assert_int_equal(budget.used, 9 * MB);
	assert_true(budget_take(&a, 0));
	assert_int_equal(a.answer, BUDGET_GRANTED);
	/* given back across the free MB */
	budget_give(&a, 10 * MB - 5);
	assert_int_equal(a.held, 5);
	assert_int_equal(budget.used, 0);
	assert_true(budget_take(&b, 3 * MB));
	budget_give(&a, 5);
	budget_give(&b, 3 * MB);
	assert_int_equal(budget.used, 0);
}

static void test_all_together(void **state)
{
	struct budget budget = { 8 * MB, 0 };
	struct budget_account accounts[12] = { 0 };

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		accounts[i].budget = &budget;
		/* eight accounts with one MB each beyond the free one */
		assert_int_equal(budget_take(&accounts[i], 2 * MB), i < 8);
		if (i < 8)
			continue;
		assert_int_equal(accounts[i].answer, BUDGET_EXHAUSTED);
		/* the free MB is granted whatever the others hold */
		assert_true(budget_take(&accounts[i], MB));
		assert_false(budget_take(&accounts[i], 1));
	}
	assert_int_equal(budget.used, 8 * MB);
	budget_give(&accounts[0], 2 * MB);
	assert_true(budget_take(&accounts[11], MB));
	/* a smaller max takes nothing away, but grants nothing more */
	budget.max = 6 * MB;
	assert_false(budget_take(&accounts[10], 1));
	assert_int_equal(accounts[10].answer, BUDGET_EXHAUSTED);
	assert_true(budget_take(&accounts[0], MB));
	for (size_t i = 1; i < 8; i++)
		budget_give(&accounts[i], 2 * MB);
	assert_int_equal(budget.used, MB);
	assert_int_equal(accounts[1].held, 0);
	/* a budget whose quarter is less than the free MB */
	budget.max = 1;
	assert_true(budget_take(&accounts[1], MB));
	assert_false(budget_take(&accounts[1], 1));
	assert_int_equal(accounts[1].answer, BUDGET_TOO_LARGE);
}

static void test_arenas(void **state)
{
	struct budget budget = { 16 * MB, 0 };
	struct budget_account account = { .budget = &budget };
	struct arena *arena = arena_open_account(SIZE_MAX, &account);
	struct arena *beside = arena_open_beside(arena, SIZE_MAX);
	struct arena_mark mark;
	size_t bytes = 0;

	(void)state;
	assert_true(arena && beside);
	while (arena_bytes(bytes % 2 ? arena : beside, 10001))
		bytes += 10001;
	assert_int_equal(account.answer, BUDGET_TOO_LARGE);
	assert_in_range(bytes, 3 * MB, 4 * MB);
	assert_int_equal(account.held, arena_used(arena) + arena_used(beside));
	assert_int_equal(budget.used, account.held - MB);
	arena_reset(arena);
	mark = arena_mark(arena);
	assert_non_null(arena_bytes(arena, MB));
	assert_null(arena_bytes(arena, 3 * MB));
	arena_rewind(arena, mark);
	assert_int_equal(account.held, arena_used(arena) + arena_used(beside));
	arena_close(beside);
	arena_close(arena);
	assert_int_equal(account.held, 0);
	assert_int_equal(budget.used, 0);
	/* an arena without an account has no limit but its own */
	arena = arena_open(64 * MB);
	assert_non_null(arena);
	beside = arena_open_beside(arena, 64 * MB);
	assert_non_null(beside);
	assert_non_null(arena_bytes(beside, 32 * MB));
	arena_close(beside);
	arena_close(arena);
}

static void *take_and_give(void *argument)
{
	struct budget_account account = { .budget = argument };

	for (int i = 0; i < 20000; i++) {
		size_t size = (size_t)(i % 7) * 300000;

		if (budget_take(&account, size))
			budget_give(&account, size);
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct budget budget = { 4 * MB, 0 };
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
					 take_and_give, &budget),
			0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(budget.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_account),
		cmocka_unit_test(test_all_together),
		cmocka_unit_test(test_arenas),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

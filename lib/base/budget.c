#include "base/budget.h"

/* Returns how many of the held bytes count against the budget. */
static size_t counted(size_t held)
{
	return held > BUDGET_FREE ? held - BUDGET_FREE : 0;
}

static bool charge(struct budget *budget, size_t max, size_t size)
{
	size_t used = atomic_load_explicit(&budget->used, memory_order_relaxed);

	do {
		if (size && (used > max || size > max - used))
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&budget->used, &used,
		used + size, memory_order_relaxed, memory_order_relaxed));
	return true;
}

bool budget_take(struct budget_account *account, size_t size)
{
	struct budget *budget = account->budget;
	size_t max = atomic_load_explicit(&budget->max, memory_order_relaxed);
	size_t share = max / 4 > BUDGET_FREE ? max / 4 : BUDGET_FREE;
	size_t held = account->held;

	account->answer = BUDGET_TOO_LARGE;
	if (held > share || size > share - held)
		return false;
	account->answer = BUDGET_EXHAUSTED;
	if (!charge(budget, max, counted(held + size) - counted(held)))
		return false;
	account->answer = BUDGET_GRANTED;
	account->held += size;
	return true;
}

void budget_give(struct budget_account *account, size_t size)
{
	size_t before = counted(account->held);

	account->held -= size;
	(void)atomic_fetch_sub_explicit(&account->budget->used,
		before - counted(account->held), memory_order_relaxed);
}

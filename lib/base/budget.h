/*
 * budget: how much memory all messages together may hold, and one of them. An
 * arena that has an account asks here before each block that it gets. A budget
 * may be used from any thread, without a lock; an account from one at a time.
 */
#ifndef READDRESS_BASE_BUDGET_H
#define READDRESS_BASE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes that each account may have whatever the others hold, and that count for
 * nobody: so some large messages do not stop all others. */
#define BUDGET_FREE ((size_t)1 << 20)

struct budget {
	_Atomic size_t max;  /* bytes; may be changed at any time */
	_Atomic size_t used; /* bytes that accounts hold beyond BUDGET_FREE */
};

enum budget_answer {
	BUDGET_GRANTED,
	BUDGET_EXHAUSTED, /* all together would hold more than max */
	BUDGET_TOO_LARGE  /* this one would hold more than a quarter of max */
};

/* What one message holds. Zeroed but for budget, it is ready for use. */
struct budget_account {
	struct budget *budget;
	size_t held;		   /* bytes */
	enum budget_answer answer; /* to the last question */
};

/* Asks for size bytes more. False, and account->answer, when it may not. */
bool budget_take(struct budget_account *account, size_t size);

/* Gives back some of what was taken. */
void budget_give(struct budget_account *account, size_t size);

#endif

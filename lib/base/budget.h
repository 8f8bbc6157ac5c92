/*
 * budget: a limit on the memory that all messages together may hold, and on
 * what one of them may hold. An arena that has an account asks here before it
 * gets a block. Any thread may use a budget, without a lock; only one thread at
 * a time may use an account.
 */
#ifndef READDRESS_BASE_BUDGET_H
#define READDRESS_BASE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes that each account may hold without being counted against the budget, so
 * that a few large messages cannot stop all others. */
#define BUDGET_FREE ((size_t)1 << 20)

struct budget {
	_Atomic size_t max;  /* bytes; may be changed at any time */
	_Atomic size_t used; /* bytes that accounts hold beyond BUDGET_FREE */
};

enum budget_answer {
	BUDGET_GRANTED,
	BUDGET_EXHAUSTED, /* all accounts together would hold more than max */
	BUDGET_TOO_LARGE  /* this one would hold more than a quarter of max */
};

/* The memory of one message. It is ready for use when all its bytes are 0 and
 * budget is set. */
struct budget_account {
	struct budget *budget;
	size_t held;		   /* bytes */
	enum budget_answer answer; /* of the last budget_take() */
};

/* Takes size bytes more. Returns true, or false if they are refused;
 * account->answer says why. */
bool budget_take(struct budget_account *account, size_t size);

/* Gives back size bytes that budget_take() granted. */
void budget_give(struct budget_account *account, size_t size);

#endif

/*
 * guard: refuses an edit that would delete more rules than was probably meant.
 * Tested by tests/unit/update/test_update.c and test_adopt.c.
 */
#ifndef READDRESS_UPDATE_GUARD_H
#define READDRESS_UPDATE_GUARD_H

#include <stdint.h>

#include "base/error.h"

/* What an edit does to one table, among the rows that it is about. */
struct guard {
	uint64_t before;  /* the rows that there were */
	uint64_t deleted; /* those of them that it deletes */
	uint64_t domains; /* those of these that are not for users */
	char names[256];  /* the first sources of these */
};

/* Counts a row that is deleted, beside the caller's count of before. */
void guard_delete(struct guard *guard, struct bytes key);

/*
 * Refuses the edit if it deletes a rule for a domain, or more than max_delete
 * percent of the rows; a table of so few rows that nobody would notice may lose
 * them all, unless always is true. The advices end the messages. Returns 0; or
 * ERR_BAD with the reason.
 */
int guard_check(const struct guard *guard, unsigned max_delete, bool always,
	const char *domain_advice, const char *advice,
	struct error *error) MUST_CHECK;

#endif

/*
 * checktargets: a list of targets and the rules that lead to them. It shows
 * which rules share a target, so that no advice gives the address of one source
 * to a mailbox that several sources lead to. Tested by
 * tests/unit/check/test_check.c.
 */
#ifndef READDRESS_CHECK_CHECKTARGETS_H
#define READDRESS_CHECK_CHECKTARGETS_H

#include "base/arena.h"
#include "rules/row.h"

/* An empty list is { 0 }. In each row, the rule's key is the target's key, and
 * its value is the key of the rule that leads to the target. */
struct checktargets {
	struct row *rows;
	size_t count;
	size_t room;
};

/* Adds a target. Its key is copied into arena; source must live as long as the
 * list. Returns 0 or ERR_NOMEM. */
int checktargets_add(struct checktargets *list, struct arena *arena,
	struct bytes target, struct bytes source) MUST_CHECK;

/* Sorts the list by target; rows with the same target keep their order. Returns
 * 0 or ERR_NOMEM. */
int checktargets_sort(struct checktargets *list) MUST_CHECK;

/* Returns the number of rows with the same target as first, which must be the
 * first of them. The list must be sorted. */
size_t checktargets_group(const struct checktargets *list, size_t first);

/* Returns the number of rules that lead to target, and sets *source to the
 * first of them if there is one. The list must be sorted. */
size_t checktargets_find(const struct checktargets *list, struct bytes target,
	struct bytes *source);

void checktargets_free(struct checktargets *list);

#endif

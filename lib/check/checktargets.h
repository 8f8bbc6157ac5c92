/*
 * checktargets: the targets of a table, and the rules that lead to them. It
 * shows which rules share a target, so that no advice gives the address of one
 * source to a mailbox that several sources lead to. Tested by
 * tests/unit/check/test_check.c.
 *
 * A table may have ten million targets, so that there are 16 bytes for each: a
 * hash of 64 bits stands for the target. That two of ten million targets have
 * the same one happens by chance in 3 of 1,000,000 tables; they are then taken
 * for one.
 */
#ifndef READDRESS_CHECK_CHECKTARGETS_H
#define READDRESS_CHECK_CHECKTARGETS_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct checktarget {
	uint64_t hash;
	uint64_t source; /* where the key of the rule is, and its length */
};

/* An empty list is { 0 }. */
struct checktargets {
	struct checktarget *items;
	size_t count;
	size_t room;
	bool shared; /* rules share a target; known after sorting */
};

/* Adds a target. source, which has at most CHECKTARGETS_SOURCE bytes, must live
 * as long as the list. Returns 0 or ERR_NOMEM. */
#define CHECKTARGETS_SOURCE 1023
int checktargets_add(struct checktargets *list, struct bytes target,
	struct bytes source) MUST_CHECK;

/* Sorts the list, in place. Nothing may be added afterwards. */
void checktargets_sort(struct checktargets *list);

/* Returns the number of rules that lead to target, and sets *source to the
 * first of them, in the order of sources, if there is one. The list must be
 * sorted. */
size_t checktargets_find(const struct checktargets *list, struct bytes target,
	struct bytes *source);

void checktargets_free(struct checktargets *list);

#endif

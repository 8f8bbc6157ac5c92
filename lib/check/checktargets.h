/*
 * checktargets: which rules lead to a target, so that many to one is found, and
 * no advice gives the name of one source to a mailbox that several lead to. For
 * check.c.
 */
#ifndef READDRESS_CHECK_CHECKTARGETS_H
#define READDRESS_CHECK_CHECKTARGETS_H

#include "base/arena.h"
#include "rules/row.h"

/* Begun as { 0 }. Of each row, the rule's key is the target's key, and its
 * value is the key of the rule that leads there. */
struct checktargets {
	struct row *rows;
	size_t count;
	size_t room;
};

/* Adds a target, of which the key is copied into arena; source must live as
 * long as the list. 0 or ERR_NOMEM. */
int checktargets_add(struct checktargets *list, struct arena *arena,
	struct bytes target, struct bytes source) MUST_CHECK;

/* Sorts by target, those with one target in the order in which they were added.
 * 0 or ERR_NOMEM. */
int checktargets_sort(struct checktargets *list) MUST_CHECK;

/* How many rows from first on, which must be the first of its target, have one
 * target. The list is sorted. */
size_t checktargets_group(const struct checktargets *list, size_t first);

/* How many rules lead to target; where there are some, *source is the first of
 * them. The list is sorted. */
size_t checktargets_find(const struct checktargets *list, struct bytes target,
	struct bytes *source);

void checktargets_free(struct checktargets *list);

#endif

/*
 * checkgroup: groups findings of the same kind about the same domain, so that a
 * list of 1,200 users without an outbound rule is one line with an example and
 * a count.
 */
#ifndef READDRESS_CHECK_CHECKGROUP_H
#define READDRESS_CHECK_CHECKGROUP_H

#include "check/finding.h"

struct checkgroups;

struct checkgroup {
	/* The first finding. Its bytes and texts live as long as the groups. */
	struct check_finding example;
	struct bytes domain; /* of its source, after the last "@"; may be
				empty */
	uint64_t count;	     /* the number of findings */
};

/* Returns NULL if memory is exhausted. checkgroups_close() frees it, and does
 * nothing for NULL. */
struct checkgroups *checkgroups_open(void) MUST_CHECK;
void checkgroups_close(struct checkgroups *groups);

/* Adds a copy of a finding to the group of its kind, severity, table and
 * domain. Each CHECK_REFUSED is a group of its own. Returns 0 or ERR_NOMEM. */
int checkgroups_add(struct checkgroups *groups,
	const struct check_finding *finding) MUST_CHECK;

/* Returns the groups in the order of their first findings, and sets *count.
 * They are valid until the next checkgroups_add() or checkgroups_close(). */
const struct checkgroup *checkgroups_all(
	const struct checkgroups *groups, size_t *count);

#endif

/*
 * checkgroup: findings of one kind about one domain, as one: a list of users
 * without a way back is one finding with a count and an example, not 1,200
 * lines.
 */
#ifndef READDRESS_CHECK_CHECKGROUP_H
#define READDRESS_CHECK_CHECKGROUP_H

#include "check/finding.h"

struct checkgroups;

struct checkgroup {
	/* The first of them. Its bytes and texts live as long as the groups. */
	struct check_finding example;
	struct bytes domain; /* of its source, behind the last "@"; may be empty
			      */
	uint64_t count;	     /* how many there were */
};

/* NULL when out of memory. checkgroups_close it, NULL too. */
struct checkgroups *checkgroups_open(void) MUST_CHECK;
void checkgroups_close(struct checkgroups *groups);

/* Adds a finding to the group of its kind, severity, table and domain (each
 * CHECK_REFUSED is a group of its own); all of it is copied. 0 or ERR_NOMEM. */
int checkgroups_add(struct checkgroups *groups,
	const struct check_finding *finding) MUST_CHECK;

/* The groups, in the order of their first findings; they live until
 * checkgroups_close. */
const struct checkgroup *checkgroups_all(
	const struct checkgroups *groups, size_t *count);

#endif

/*
 * roles: the domains that rules name otherwise than as the source of an inbound
 * rule, and how: as the target of an inbound rule, as the source of an outbound
 * rule, in the table of routes. Gathered from the rules one by one; what was
 * gathered becomes a database of the map, or, for a map that has none, is asked
 * here.
 */
#ifndef READDRESS_MAP_ROLES_H
#define READDRESS_MAP_ROLES_H

#include "rules/rule.h"

/* How rules name a domain. */
#define MAP_ROLE_INBOUND  1u /* as the source of an inbound rule */
#define MAP_ROLE_TARGET	  2u /* as the target of an inbound rule */
#define MAP_ROLE_OUTBOUND 4u /* as the source of an outbound rule */
#define MAP_ROLE_ROUTE	  8u /* in routes */

struct roles;

/* NULL when out of memory. */
struct roles *roles_open(void) MUST_CHECK;
void roles_close(struct roles *roles); /* may be NULL */

/* Adds the domains of a rule. Returns 0 or ERR_NOMEM. */
int roles_add(struct roles *roles, enum rule_table table,
	const struct rule *rule) MUST_CHECK;

/* The roles of a name, as it stands in a key ("a.com", "*.a.com"): MAP_ROLE_*,
 * 0 when it has none. Not after roles_each. */
unsigned roles_find(const struct roles *roles, struct bytes name);

/* Calls put for each name in memcmp order, with its roles as one byte, until it
 * returns an error, which is returned. Only roles_close may follow. */
int roles_each(struct roles *roles,
	int (*put)(void *context, struct bytes name, struct bytes value,
		struct error *error),
	void *context, struct error *error) MUST_CHECK;

#endif

/*
 * roles: the domains that rules name in other places than the source of an
 * inbound rule, and in which places: as the target of an inbound rule, as the
 * source of an outbound rule, in the table of routes. They are gathered from
 * the rules one by one. They then become a database of the map; for a map
 * without that database, they are looked up here.
 *
 * Tested by tests/unit/map/test_map.c.
 */
#ifndef READDRESS_MAP_ROLES_H
#define READDRESS_MAP_ROLES_H

#include "rules/rule.h"

/* The places in which rules name a domain. */
#define MAP_ROLE_INBOUND  1u /* as the source of an inbound rule */
#define MAP_ROLE_TARGET	  2u /* as the target of an inbound rule */
#define MAP_ROLE_OUTBOUND 4u /* as the source of an outbound rule */
#define MAP_ROLE_ROUTE	  8u /* in routes */

struct roles;

/* Returns an empty collection, or NULL when out of memory. */
struct roles *roles_open(void) MUST_CHECK;
void roles_close(struct roles *roles); /* may be NULL */

/* Adds the domains of a rule. Returns 0 or ERR_NOMEM. */
int roles_add(struct roles *roles, enum rule_table table,
	const struct rule *rule) MUST_CHECK;

/* Returns the MAP_ROLE_* of a name, which is written as in a key ("a.com",
 * "*.a.com"); 0 if it has none. Must not be called after roles_each(). */
unsigned roles_find(const struct roles *roles, struct bytes name);

/* Calls put for each name in memcmp() order, with its roles as one byte, until
 * put returns an error. Returns that error, or 0. Only roles_close() may be
 * called after this. */
int roles_each(struct roles *roles,
	int (*put)(void *context, struct bytes name, struct bytes value,
		struct error *error),
	void *context, struct error *error) MUST_CHECK;

#endif

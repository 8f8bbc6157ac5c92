/*
 * nameset: a set of short strings of bytes, for the domains that a table names.
 * Each is kept once, whatever the order in which they come.
 *
 * Tested by tests/unit/map/test_map.c.
 */
#ifndef READDRESS_MAP_NAMESET_H
#define READDRESS_MAP_NAMESET_H

#include "base/bytes.h"

struct nameset;

/* Returns an empty set, or NULL when out of memory. */
struct nameset *nameset_open(void) MUST_CHECK;
void nameset_close(struct nameset *set); /* may be NULL */

/* Adds a copy of the name, if it is new. Returns 0 or ERR_NOMEM. */
int nameset_add(struct nameset *set, struct bytes name) MUST_CHECK;

/* True if the set has the name. Must not be called after nameset_sorted(). */
bool nameset_has(const struct nameset *set, struct bytes name);

/* Returns all names in memcmp() order. They live until nameset_close(), which
 * is the only function that may be called after this one. */
const struct bytes *nameset_sorted(struct nameset *set, size_t *count);

#endif

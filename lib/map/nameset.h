/*
 * nameset: a set of short octet strings, for the domains that a table names.
 * Each is kept once, whatever the order they come in.
 */
#ifndef READDRESS_MAP_NAMESET_H
#define READDRESS_MAP_NAMESET_H

#include "base/bytes.h"

struct nameset;

/* NULL when out of memory. */
struct nameset *nameset_open(void) MUST_CHECK;
void nameset_close(struct nameset *set);

/* Copies the name, if it is new. Returns 0 or ERR_NOMEM. */
int nameset_add(struct nameset *set, struct bytes name) MUST_CHECK;

/* Is the name in it? Not after nameset_sorted. */
bool nameset_has(const struct nameset *set, struct bytes name);

/* All names in memcmp order; they live until the next nameset_add or
 * nameset_close. Only nameset_close may follow. */
const struct bytes *nameset_sorted(struct nameset *set, size_t *count);

#endif

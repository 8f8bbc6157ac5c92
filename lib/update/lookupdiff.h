/*
 * lookupdiff: tells whether a new generation gives Postfix's look-ups other
 * answers about domains and routes. Postfix's processes remember their last
 * answer for some time, so they must then be told. Tested by
 * tests/unit/update/test_lookupdiff.c.
 */
#ifndef READDRESS_UPDATE_LOOKUPDIFF_H
#define READDRESS_UPDATE_LOOKUPDIFF_H

#include "map/map.h"

/* Returns 1 if a domain is the source domain of rules of inbound in one of the
 * maps only, or if a row of routes differs; 0 if not. Returns a negative error,
 * with its text in *error, if a map cannot be read: ERR_NOMEM, ERR_IO or
 * ERR_BAD. */
int lookupdiff_any(const struct map *old, const struct map *new,
	struct error *error) MUST_CHECK;

#endif

/*
 * against: compares the users of a directory with the rules for users.
 */
#ifndef READDRESS_PROBE_AGAINST_H
#define READDRESS_PROBE_AGAINST_H

#include "map/map.h"

enum against_kind {
	AGAINST_NO_RULE, /* a user of the directory without a user rule */
	AGAINST_NO_USER	 /* a user rule whose source is in no row */
};

/*
 * Compares keys (address_key()) of the directory with the keys of user rules
 * and exceptions for users. Sorts keys. Calls found for each that is on one
 * side alone, in the order of the keys, once for each. found returns 0 or a
 * code that ends the comparison. Returns 0, that code, or an error of
 * map_walk_next().
 */
int against_compare(struct bytes *keys, size_t count, const struct map *map,
	enum rule_table table,
	int (*found)(void *context, enum against_kind kind, struct bytes key),
	void *context) MUST_CHECK;

#endif

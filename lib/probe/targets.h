/*
 * targets: the addresses that the rules of a table lead to.
 */
#ifndef READDRESS_PROBE_TARGETS_H
#define READDRESS_PROBE_TARGETS_H

#include "base/arena.h"
#include "map/map.h"

struct target {
	struct bytes address; /* as the rule has it; lives as long as the map */
	struct bytes key;     /* address_key() of it; in the arena */
};

struct targets {
	struct target *list; /* sorted by domain, and then by key, none twice;
				in the arena */
	size_t count;
	uint64_t domains; /* targets that are domains: they name nobody who
			     could be asked about */
	uint64_t bad;	  /* stored targets that have no key */
};

/* Reads the targets of users and catch-alls. An exception leads nowhere, and is
 * left out. Returns 0; ERR_NOMEM; or an error of map_walk_next(). */
int targets_read(struct targets *targets, const struct map *map,
	enum rule_table table, struct arena *arena,
	struct error *error) MUST_CHECK;

/* Returns the domain of a target, a lower-case A-label, which is in its key. */
struct bytes targets_domain(const struct target *target);

/* Returns how many targets from first on are in the domain of that one. */
size_t targets_run(const struct targets *targets, size_t first);

#endif

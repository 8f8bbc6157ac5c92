/*
 * domains: which domains `readdress dns` looks at, what routes says of each,
 * and where the inbound rules of each lead. Tested by tests/e2e/dns.test.
 */
#ifndef READDRESS_TOOL_OUTSIDE_DOMAINS_H
#define READDRESS_TOOL_OUTSIDE_DOMAINS_H

#include "dns/survey.h"
#include "map/map.h"

struct domains_entry {
	const char *name;     /* lower-case A-labels */
	enum route_role role; /* of its row in routes */
	struct survey_target *targets;
	size_t target_count;
};

struct domains {
	struct arena *arena;
	struct domains_entry *list; /* sorted by name, each once */
	size_t count;
};

/*
 * Finds the domains: the operands, or if there is none, every domain of a
 * source of inbound, and with autos also those whose own row in routes is
 * "auto". map may be NULL if there are operands. domains_free() it, after an
 * error, too. Returns 0; ERR_USAGE if an operand is not a domain; ERR_NOMEM; or
 * an error of map_walk_next().
 */
int domains_find(struct domains *domains, const struct map *map,
	char *const *operands, int count, bool autos,
	struct error *error) MUST_CHECK;
void domains_free(struct domains *domains);

#endif

/*
 * build: makes the next generation from the newest or an earlier one, whole and
 * in one file, and publishes it.
 */
#ifndef READDRESS_UPDATE_BUILD_H
#define READDRESS_UPDATE_BUILD_H

#include "map/map.h"
#include "state/state.h"
#include "update/change.h"

struct build {
	const struct map *old;	     /* NULL: nothing */
	const struct change *change; /* of one table of old; it is not checked
				    again. NULL: a copy */
	/* Of the edit's table then, not too few; 0 for a copy. */
	uint64_t rows;
	uint64_t octets;
	const char *command; /* for the metadata; may be NULL */
	uint64_t origin;     /* for the metadata, of a rollback; else 0 */
	/* May be NULL. */
	void (*progress)(void *context, uint64_t rows, uint64_t of);
	void *context;
};

/*
 * what: for the audit log. Lock held. *generation is set on 0 only. ERR_NOMEM,
 * ERR_PERM, ERR_IO, ERR_CREATE, ERR_BAD: of state and map; the newest
 * generation is what it was.
 */
int build_publish(struct state *state, const struct build *build,
	const char *what, uint64_t *generation, struct error *error) MUST_CHECK;

#endif

/*
 * mapdiff: compares a table of two maps, in the order of keys. It reads both
 * maps at the same time and keeps nothing in memory. Tested by
 * tests/unit/update/test_rollback.c.
 *
 * Every function here that returns int returns a negative error, with its text
 * in *error, if a map cannot be read: ERR_NOMEM, ERR_IO or ERR_BAD.
 */
#ifndef READDRESS_UPDATE_MAPDIFF_H
#define READDRESS_UPDATE_MAPDIFF_H

#include "map/map.h"
#include "update/change.h"

struct mapdiff_step {
	enum change_kind change;
	struct bytes key;
	struct bytes old; /* the old value; data is NULL if there is none */
	struct bytes new; /* the new value; data is NULL if there is none */
};

/* Each walk is at its next row; its map is NULL if no row is left. */
struct mapdiff {
	struct map_walk old;
	struct map_walk new;
};

/*
 * Begins a comparison. The maps must live as long as mapdiff. mapdiff_free()
 * must be called even if this fails. If old is NULL, every row of new is
 * CHANGE_NEW. Returns 0 or an error.
 */
int mapdiff_init(struct mapdiff *mapdiff, const struct map *old,
	const struct map *new, enum rule_table table,
	struct error *error) MUST_CHECK;
void mapdiff_free(struct mapdiff *mapdiff);

/* Sets *step to the next row, which may be CHANGE_UNCHANGED; its bytes live as
 * long as the maps. Returns 1; 0 at the end; or an error, after which only
 * mapdiff_free() may be called. */
int mapdiff_next(struct mapdiff *mapdiff, struct mapdiff_step *step,
	struct error *error) MUST_CHECK;

/* Returns 1 if any table has different rows, 0 if not, or an error. Stops at
 * the first difference. */
int mapdiff_any(const struct map *old, const struct map *new,
	struct error *error) MUST_CHECK;

#endif

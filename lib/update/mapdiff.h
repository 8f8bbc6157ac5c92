/*
 * mapdiff: two maps side by side, a table at a time, in the order of keys
 * (memcmp). Streams: nothing is held in memory.
 */
#ifndef READDRESS_UPDATE_MAPDIFF_H
#define READDRESS_UPDATE_MAPDIFF_H

#include "map/map.h"
#include "update/change.h"

struct mapdiff_step {
	enum change_kind change;
	struct bytes key;
	struct bytes old; /* value; data NULL: there was none */
	struct bytes new; /* value; data NULL: there is none */
};

/* Each at its next row; map NULL: none is left. */
struct mapdiff {
	struct map_walk old;
	struct map_walk new;
};

/*
 * old may be NULL: then every row of new is CHANGE_NEW. The maps must outlive
 * it; mapdiff_free it in any case. Returns 0, or ERR_NOMEM, ERR_IO, ERR_BAD: a
 * map cannot be read.
 */
int mapdiff_init(struct mapdiff *mapdiff, const struct map *old,
	const struct map *new, enum rule_table table,
	struct error *error) MUST_CHECK;
void mapdiff_free(struct mapdiff *mapdiff);

/* 1 and the next step, rows that are in both among them (CHANGE_UNCHANGED); its
 * bytes live as long as the maps. 0 at the end, or an error as mapdiff_init;
 * then only mapdiff_free may follow. */
int mapdiff_next(struct mapdiff *mapdiff, struct mapdiff_step *step,
	struct error *error) MUST_CHECK;

/* Have they different rows in any table? Looks no further than the first. 1, 0,
 * or an error as mapdiff_init. */
int mapdiff_any(const struct map *old, const struct map *new,
	struct error *error) MUST_CHECK;

#endif

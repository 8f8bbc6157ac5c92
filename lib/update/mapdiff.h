/*
 * difference: two maps side by side, a table at a time, in the order of keys
 * (memcmp). Streams: nothing is held in memory.
 */
#ifndef READDRESS_DIFFERENCE_H
#define READDRESS_DIFFERENCE_H

#include "map/map.h"
#include "update/change.h"

struct difference_step {
	enum edit_change change;
	struct bytes key;
	struct bytes old; /* value; data NULL: there was none */
	struct bytes new; /* value; data NULL: there is none */
};

/* Each at its next row; map NULL: none is left. */
struct difference {
	struct map_walk old;
	struct map_walk new;
};

/*
 * old may be NULL: then every row of new is EDIT_NEW. The maps must outlive it;
 * difference_free it in any case. Returns 0, or ERR_NOMEM, ERR_IO, ERR_BAD: a
 * map cannot be read.
 */
int difference_init(struct difference *difference, const struct map *old,
	const struct map *new, enum rule_table table,
	struct error *error) MUST_CHECK;
void difference_free(struct difference *difference);

/* 1 and the next step, rows that are in both among them (EDIT_UNCHANGED); its
 * bytes live as long as the maps. 0 at the end, or an error as difference_init;
 * then only difference_free may follow. */
int difference_next(struct difference *difference, struct difference_step *step,
	struct error *error) MUST_CHECK;

/* Have they different rows in any table? Looks no further than the first. 1, 0,
 * or an error as difference_init. */
int difference_any(const struct map *old, const struct map *new,
	struct error *error) MUST_CHECK;

#endif

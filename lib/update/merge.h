/*
 * merge: walks the old rows of a table and the rows of a change together, in
 * the order of keys. update does so first, to count, and then build, to write.
 * Tested by tests/unit/update/test_update.c.
 */
#ifndef READDRESS_UPDATE_MERGE_H
#define READDRESS_UPDATE_MERGE_H

#include "map/map.h"
#include "update/change.h"

enum merge_kind {
	MERGE_CHANGE,  /* the change concerns the key: see merge_step.change */
	MERGE_KEPT,    /* an old row that the change does not concern */
	MERGE_MISSING, /* a key that should be deleted but does not exist */
};

struct merge_step {
	enum merge_kind kind;
	enum change_kind change; /* for MERGE_CHANGE */
	struct bytes key;
	struct bytes old; /* the old value; data is NULL if there is none */
	struct bytes new; /* the new value; data is NULL if there is none */
};

struct merge {
	const struct change *change;
	struct map_walk old; /* at the next old row; map is NULL at the end */
	size_t next;	     /* index in change->rows */
};

/*
 * Begins a merge. old may be NULL: then there are no old rows. change, its rows
 * and old must live as long as merge. merge_free() must be called even if this
 * fails.
 *
 * This and merge_next() return a negative error, with its text in *error, if
 * the old map cannot be read: ERR_NOMEM, ERR_IO or ERR_BAD.
 */
int merge_init(struct merge *merge, const struct change *change,
	const struct map *old, struct error *error) MUST_CHECK;
void merge_free(struct merge *merge);

/* Sets *step to the next key; its bytes live as long as the map and the rows.
 * Returns 1; 0 at the end; or an error, after which only merge_free() may be
 * called. */
int merge_next(struct merge *merge, struct merge_step *step,
	struct error *error) MUST_CHECK;

#endif

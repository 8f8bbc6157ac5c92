/*
 * merge: the old rows of a table and the rows of an edit, side by side in the
 * order of keys. They are walked twice: by update to count, and by build.
 */
#ifndef READDRESS_UPDATE_MERGE_H
#define READDRESS_UPDATE_MERGE_H

#include "map/map.h"
#include "update/change.h"

enum merge_kind {
	MERGE_CHANGE, /* the edit names the key or takes it away: change says */
	MERGE_KEPT,   /* an old row that the edit does not touch */
	MERGE_MISSING, /* to be deleted, and not there */
};

struct merge_step {
	enum merge_kind kind;
	enum change_kind change; /* of MERGE_CHANGE */
	struct bytes key;
	struct bytes old; /* value; data NULL: there is none */
	struct bytes new; /* value; data NULL: there will be none */
};

struct merge {
	const struct change *change;
	struct map_walk old; /* at the next old row; map NULL: none is left */
	size_t next;	     /* in edit->rows */
};

/*
 * old may be NULL: there is no map. edit, its rows and old must outlive merge;
 * merge_free it in any case. Returns 0, or ERR_NOMEM, ERR_IO, ERR_BAD: the old
 * map cannot be read.
 */
int merge_init(struct merge *merge, const struct change *change,
	const struct map *old, struct error *error) MUST_CHECK;
void merge_free(struct merge *merge);

/* 1 and the next step (its bytes live as long as map and rows), 0 at the end,
 * or an error as merge_init; then only merge_free may follow. */
int merge_next(struct merge *merge, struct merge_step *step,
	struct error *error) MUST_CHECK;

#endif

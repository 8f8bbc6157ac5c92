/*
 * update: changes a table. Every edit, of one row or of a million, is one merge
 * of the old generation's sorted rows with sorted changes into a complete new
 * file.
 */
#ifndef READDRESS_UPDATE_UPDATE_H
#define READDRESS_UPDATE_UPDATE_H

/*
 * The wing update/: a new generation of the map from an old one. The rows of a
 * table and the rows of a change are walked side by side, both sorted, twice:
 * once to count and to refuse, once to build.
 *
 *   change    the types: what is to change, and what changed
 *   merge     old and new rows side by side
 *   mapdiff   two maps side by side
 *   build     makes the next generation
 *   rollback  makes an earlier generation the newest
 */

#include "update/change.h"
#include "state/state.h"

/*
 * Applies the edit: lock, check, build, publish (nothing of it but the checks
 * with dry_run). The state must be open; it is locked afterwards, but not by
 * dry_run, which writes nothing at all, and may have state NULL: there is no
 * state directory yet, and the table is empty. *done is filled also when the
 * edit is refused. Refusals are ERR_BAD with the reason, the option that
 * deletes nothing and the one that overrides: no row at all, and of
 * CHANGE_REPLACE more than max_delete percent of the rows in scope deleted; a
 * domain, sub-domain or catch-all rule (or an exception for a domain) deleted
 * without force or scope CHANGE_USERS. Otherwise errors of state and map. A
 * first map is made also by an edit without rows.
 */
int update_apply(struct state *state, const struct change *change,
	struct change_result *done, struct error *error) MUST_CHECK;

/* `init`: an empty generation. ERR_BAD when there is a map already. */
int update_init(struct state *state, const char *command, uint64_t *generation,
	struct error *error) MUST_CHECK;

#endif

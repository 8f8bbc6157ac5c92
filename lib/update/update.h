/*
 * update: changes a table. Every change, of one row or of a million, merges the
 * sorted rows of the newest generation with sorted new rows into a complete new
 * file.
 *
 * Every function here returns 0, or a negative error with its text in *error.
 * Each may return ERR_NOMEM, ERR_PERM, ERR_IO, ERR_CREATE, ERR_BUSY if another
 * process has the lock, and ERR_BAD if the state directory or the newest map is
 * damaged.
 */
#ifndef READDRESS_UPDATE_UPDATE_H
#define READDRESS_UPDATE_UPDATE_H

/*
 * The wing update/: makes a new generation of the map from an old one. The
 * sorted rows of a table and of a change are walked together, and twice: first
 * to count and perhaps to refuse the change, then to build the map.
 *
 *   change      the types of a change and its result
 *   merge       walks old and new rows together
 *   mapdiff     compares two maps
 *   lookupdiff  tells whether two maps answer Postfix's look-ups alike
 *   holdcheck   refuses to hold a domain that rules name as a source
 *   build       makes the next generation
 *   editlog     what the audit log says of an edit
 *   guard       refuses an edit that deletes too much
 *   adopt       makes the rules of another host's map the newest
 *   rollback    makes the rules of an earlier generation the newest
 */

#include "update/change.h"
#include "state/state.h"

/*
 * Applies the change: takes the lock of state, which state keeps, checks the
 * change, builds the new generation and publishes it. No generation is made if
 * no row changes, unless there is no map yet. With dry_run, nothing is locked
 * or written, and state may be NULL: then there is no state directory, and the
 * table is empty.
 *
 * Sets *done even if the change is refused. It is refused with ERR_BAD, and a
 * text that names the options which delete nothing and which override the
 * refusal,
 * - if it has no rows and is neither CHANGE_DELETE nor has force,
 * - if CHANGE_REPLACE without force would delete more than max_delete
 *   percent of the rows in scope,
 * - if CHANGE_REPLACE without force would delete a domain, sub-domain or
 *   catch-all rule, or an exception for a domain,
 * - if a domain would be held that is a source domain of inbound rules
 *   (holdcheck.h), whatever force says.
 *
 * Also returns ERR_NOTFOUND, for change->require_existing.
 */
int update_apply(struct state *state, const struct change *change,
	struct change_result *done, struct error *error) MUST_CHECK;

/* Makes a first, empty generation, as `readdress init` does. note is for the
 * audit log and may be NULL. Sets *generation. Returns ERR_BAD also if there is
 * a map already. */
int update_init(struct state *state, const char *command, const char *note,
	uint64_t *generation, struct error *error) MUST_CHECK;

#endif

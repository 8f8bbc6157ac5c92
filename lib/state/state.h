/*
 * state: the state directory, which holds the map's life.
 *
 *   map.mdb             the newest generation
 *   history/N.mdb       the generations before it (the last 10, and never less
 *                       than the one served and the one served before it)
 *   audit.log           a line for each edit
 *   served/generation   "N M\n": what the milter serves, and served before
 *                       (0: nothing yet); the milter's own
 *   served/reload.log   a line for each start and reload; the milter's own
 *   served/log.key      32 octets for hashes in log lines; the milter's own
 *   served/required     a line for each of outbound_required_headers that was
 *                       ever seen right (required.h); the milter's own
 *   served/lock         the milter holds an fcntl lock (OFD) on it
 *   map.mdb.new         the one that is being built
 *   map.mdb.damaged     a map.mdb that a rollback found damaged
 *   lock                writers hold an fcntl lock (OFD) on it; a dead process
 *                       holds none
 *
 * Every function with an error may return ERR_PERM, ERR_NOMEM or ERR_IO, as
 * error_set_errno chooses; beside each stands what else may come. One thread at
 * a time uses a state.
 */
#ifndef READDRESS_STATE_STATE_H
#define READDRESS_STATE_STATE_H

/*
 * The wing state/: the directory that holds the map, its history, the audit log
 * and what the milter served. A new map is built beside the old one, verified
 * as the milter will verify it, logged and then renamed, so a crash leaves the
 * old map or the new one, whole. Most rooms are declared here.
 *
 *   statedir     names, modes and locks of the directory
 *   audit        writes the audit log
 *   reloadlog    the lines of served/reload.log
 *   required     the text of served/required
 *   served       writes what the milter serves
 *   serving      reads what a running milter tells of itself
 *   generations  the maps that are kept
 *   publish      makes a new map the newest one
 *   purge        removes maps that are no longer kept
 *   events       reads the audit log and the milter's log of reloads as one
 */

#include "config/config.h"
#include "map/map.h"

#define STATE_HISTORY	   10
#define STATE_LOCK_SECONDS 10
#define STATE_DIGITS_MAX   18 /* no generation that we made has more */

struct state;

/*
 * Opens state_dir of the configuration, which may be closed afterwards. create:
 * make it where it is missing (the parent must exist): mode 2750, as root with
 * the group of user `user`, history/ and served/ in it (as root without that
 * user: with neither group nor served/); the same for one of ours in which
 * nothing was made yet. Without create a missing one is ERR_NOENT ("readdress
 * init makes a first map"). ERR_PERM also when anybody may write in it; ERR_BAD
 * when it is no directory; ERR_CREATE. *state is set on 0 alone.
 */
int state_open(struct state **state, const struct config *config, bool create,
	struct error *error) MUST_CHECK;

/* Ends the lock, too. Maps that were opened stay. */
void state_close(struct state *state);

/* Its path, as configured; lives as long as state. */
const char *state_dir(const struct state *state);

/* Takes the writers' lock, waiting up to seconds (0: not at all): ERR_BUSY when
 * it was not had; ERR_CREATE. It also removes what a writer that died left
 * behind. Held till state_close; 0 also when it is held already. */
int state_lock(
	struct state *state, unsigned seconds, struct error *error) MUST_CHECK;

/* Opens map.mdb; see map_open, also for isolated. *map is set on 0 alone;
 * map_close it. ERR_NOENT when no generation was ever made; ERR_BAD when it is
 * damaged, or gone while others are kept (the text says how to go back), or
 * when history is no directory. */
int state_open_newest(struct state *state, bool isolated, struct map **map,
	struct error *error) MUST_CHECK;

/* Opens generation N, from history/ or map.mdb; *map as above. ERR_NOENT
 * when it is not kept, with the text that names those that are; ERR_BAD when
 * the file where it should be is damaged. */
int state_open_generation(struct state *state, uint64_t generation,
	bool isolated, struct map **map, struct error *error) MUST_CHECK;

/* The generations kept, ascending, in *list (free() it) and *count, on 0 alone.
 * A damaged map.mdb does not count. ERR_BAD when history is no directory. */
int state_generations(struct state *state, uint64_t **list, size_t *count,
	struct error *error) MUST_CHECK;

/* The generations in history/, as state_generations gives them, without the
 * newest; on error NULL and 0. */
int state_history(const struct state *state, uint64_t **list, size_t *count,
	struct error *error) MUST_CHECK;

/* Opens map.mdb for reading. Unlike state_open_newest it says no more than what
 * is wrong: ERR_NOENT, ERR_BAD. */
int state_try_newest(
	struct state *state, struct map **map, struct error *error) MUST_CHECK;

/* After state_try_newest failed with why (ERR_NOENT or ERR_BAD) and cause: the
 * code and text of state_open_newest, which say what can be done. */
int state_no_newest(const struct state *state, int why,
	const struct error *cause, struct error *error) MUST_CHECK;

/* One more than the highest in map, history and audit log. Lock held. Where an
 * edit died behind its audit line, a line that says so is added. ERR_BAD when
 * history is no directory or audit.log no regular file; ERR_CREATE. */
int state_next_generation(struct state *state, uint64_t *generation,
	struct error *error) MUST_CHECK;

/* Where a new map is to be built: on the same file system. Lives as long as
 * state. */
const char *state_build_path(const struct state *state);

/*
 * Makes the sealed file in state_build_path the newest generation: it is opened
 * and verified as the milter opens it (map_open, isolated), then owner and
 * mode, the old one kept in history, the audit line (fsync), rename, fsync of
 * the directory, history pruned. what: "inbound: 2 domains added, 1 user
 * deleted" for the audit log, of which 512 octets are taken; user and
 * generation are added here, the user as state_user writes it. Lock held. On
 * any error the old map is whole and in place, and the built file is gone.
 * ERR_NOENT when nothing was built; ERR_BAD when map_open refuses it, or its
 * time is none that a map can hold, when history is no directory or audit.log
 * or the built one no regular file; ERR_CREATE.
 */
int state_publish(struct state *state, const struct map_meta *meta,
	const char *what, struct error *error) MUST_CHECK;

/* "root", or "root(alice)" under sudo, cut to size octets with its NUL (160 are
 * enough); anything but printable ASCII becomes "_". */
void state_user(char *user, size_t size);

/* What the milter served last and before that; 0 and 0 when nothing yet, and on
 * error. A damaged note, or one that is no regular file, is ERR_BAD. */
int state_served(struct state *state, uint64_t *served, uint64_t *previous,
	struct error *error) MUST_CHECK;

/* The milter's: notes what it serves (atomic, fsync), keeping the one before; a
 * damaged note is written anew. On error the note is as it was, as far as the
 * disk allows. ERR_NOENT when there is no served/, ERR_BAD when that is no
 * directory; ERR_CREATE. */
int state_note_served(struct state *state, uint64_t generation,
	struct error *error) MUST_CHECK;

/* The milter's, and purge's: takes the lock of served/, so that no other milter
 * notes there what it serves. *fd is set on 0 alone, and stays open as long as
 * the lock is to be held. ERR_BUSY when another has it; ERR_NOENT, ERR_BAD as
 * state_note_served. */
int state_claim_served(
	struct state *state, int *fd, struct error *error) MUST_CHECK;

/* The milter's: "2026-11-21T15:09:00Z reload: generation 11 -> 12, ..." into
 * served/reload.log (fsync). what: all behind the time, of which 900 octets are
 * taken. Errors as state_note_served; ERR_BAD also when it is no regular file.
 */
int state_log_reload(
	struct state *state, const char *what, struct error *error) MUST_CHECK;

/* The milter's, as root before it drops privileges, or as itself: makes served/
 * with mode 0750, owned by uid and gid where they are not -1. ERR_BAD when it
 * is no directory; ERR_CREATE. */
int state_make_served(struct state *state, uid_t uid, gid_t gid,
	struct error *error) MUST_CHECK;

/* The milter's key for hashes in log lines: served/log.key, 0600, made when
 * missing. ERR_BAD also when the file is no key; else as state_note_served. */
int state_log_key(struct state *state, unsigned char key[32],
	struct error *error) MUST_CHECK;

/* Sets seen[i] for each of outbound_required_headers: was it ever seen right?
 * Where there is no file, none was. ERR_BAD when the file is damaged or no
 * regular file; on every error none was seen. */
int state_proofs(struct state *state, const struct config *config, bool *seen,
	struct error *error) MUST_CHECK;

/* The milter's: notes which were seen (atomic, fsync), unless the file says so
 * already; a damaged one is written anew. Errors as state_note_served. */
int state_note_proofs(struct state *state, const struct config *config,
	const bool *seen, struct error *error) MUST_CHECK;

/* What state_purge removed, and what it left. */
struct state_purged {
	unsigned maps; /* generations, the newest among them */
	bool audit;
	bool other; /* something in history/ or served/ is not ours, and stays
		     */
};

/*
 * Deletes map, history, audit log and what the milter noted, so that the next
 * edit makes generation 1. Lock held; the lock ends with it. The caller sees to
 * it that no milter runs. The directory itself stays, and so does served/,
 * which the milter's user could not make again. ERR_BAD when history is no
 * directory; ERR_IO when served/ cannot be read. What was removed is counted
 * also on error, and the lock held on; done again, it goes on.
 */
int state_purge(struct state *state, struct state_purged *purged,
	struct error *error) MUST_CHECK;

#endif

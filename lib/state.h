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
 *   map.mdb.damaged     a map.mdb that a rollback found damaged
 *   lock                writers hold an fcntl lock (OFD) on it; a dead process
 *                       holds none
 */
#ifndef READDRESS_STATE_H
#define READDRESS_STATE_H

#include "config.h"
#include "map.h"

#define STATE_HISTORY	   10
#define STATE_LOCK_SECONDS 10

struct state;

/*
 * dir: state_dir of the configuration. create: make it where it is missing (the
 * parent must exist): mode 2750, and as root the group of user `user` where
 * that exists; the same for an empty one that root owns. Without create a
 * missing one is ERR_NOENT ("readdress init makes a first map"). A directory
 * that others may write is refused with ERR_PERM.
 */
int state_open(struct state **state, const struct config *config, bool create,
	struct error *error) MUST_CHECK;
void state_close(struct state *state);

/* Takes the writers' lock, waiting up to seconds: ERR_BUSY when it was not had.
 * It also removes what a writer that died left behind. Held till state_close.
 */
int state_lock(
	struct state *state, unsigned seconds, struct error *error) MUST_CHECK;

/* Opens map.mdb; see map_open. ERR_NOENT when no generation was ever made. */
int state_open_newest(struct state *state, bool isolated, struct map **map,
	struct error *error) MUST_CHECK;

/* Opens generation N, from map.mdb or history/. ERR_NOTFOUND when it is not
 * kept, with the text that names those that are. */
int state_open_generation(struct state *state, uint64_t generation,
	bool isolated, struct map **map, struct error *error) MUST_CHECK;

/* The generations kept, ascending, in *list (free() it) and *count. */
int state_generations(struct state *state, uint64_t **list, size_t *count,
	struct error *error) MUST_CHECK;

/* One more than the highest in map, history and audit log. Lock held. */
int state_next_generation(struct state *state, uint64_t *generation,
	struct error *error) MUST_CHECK;

/* Where a new map is to be built: on the same file system. Lives as long as
 * state. */
const char *state_build_path(const struct state *state);

/*
 * Makes the sealed file in state_build_path the newest generation: owner and
 * mode, the old one kept in history, the audit line (fsync), rename, fsync of
 * the directory, history pruned. what: "inbound: 2 domains added, 1 user
 * deleted" for the audit log; user and generation are added here, the user as
 * state_user writes it. Lock held. On any error the old map is whole and in
 * place.
 */
int state_publish(struct state *state, const struct map_meta *meta,
	const char *what, struct error *error) MUST_CHECK;

/* "root", or "root(alice)" under sudo. */
void state_user(char *user, size_t size);

/* What the milter served last and before that; 0 and 0 when nothing yet. A
 * damaged note is ERR_BAD. */
int state_served(struct state *state, uint64_t *served, uint64_t *previous,
	struct error *error) MUST_CHECK;

/* The milter's: notes what it serves (atomic, fsync), keeping the one before.
 */
int state_note_served(struct state *state, uint64_t generation,
	struct error *error) MUST_CHECK;

/* The milter's: "2026-11-21T15:09:00Z reload: generation 11 -> 12, ..." into
 * served/reload.log. */
int state_log_reload(
	struct state *state, const char *what, struct error *error) MUST_CHECK;

/* The milter's, as root before it drops privileges, or as itself: makes served/
 * with mode 0750, owned by uid and gid where they are not (uid_t)-1. */
int state_make_served(struct state *state, uid_t uid, gid_t gid,
	struct error *error) MUST_CHECK;

/* The key for hashes in log lines: served/log.key, 0600, made when missing. */
int state_log_key(struct state *state, unsigned char key[32],
	struct error *error) MUST_CHECK;

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
 * it that no milter runs. The directory itself stays. What was removed is
 * counted also on error; done again, it goes on.
 */
int state_purge(struct state *state, struct state_purged *purged,
	struct error *error) MUST_CHECK;

#endif

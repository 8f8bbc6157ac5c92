/*
 * state: the state directory, which holds the map and its history.
 *
 *   map.mdb             the newest generation
 *   history/N.mdb       the generations before it: as many as option history
 *                       says, fewer if the disk is full; in any case the last,
 *                       the one served and the one served before it
 *   audit.log           a line for each change
 *   autoroutes          what DNS said of the domains whose role is auto
 *                       (routing/autoroutes.h)
 *   dns.observed        what `readdress dns` saw of MX records
 *                       (dns/observation.h)
 *   sizes               how large a message next hops take
 *                       (routing/hopsizes.h)
 *   doctor.json         what `readdress doctor` found last
 *   map.mdb.new         the map that is being built
 *   map.mdb.damaged     a map.mdb that was damaged when the next one was made
 *   lock                writers hold an fcntl lock (OFD) on it, which ends with
 *                       their process
 *   approved            what the milter is to serve, and from when on
 *                       (approval.h)
 *   approved.lock       whoever changes approved holds a lock on it
 *
 * The milter writes these:
 *
 *   served/generation   "N M\n": the generation that it serves, and the one
 * that it served before (0: none) served/reload.log   a line for each start and
 * reload served/log.key      32 bytes, the key for hashes in log lines
 *   served/required     a line for each of outbound_required_headers that was
 *                       ever seen with its value (required.h)
 *   served/usage        what is used (usage/usagefile.h)
 *   served/lock         the milter holds an fcntl lock (OFD) on it
 *
 * Every function here that has an error argument returns 0, or a negative error
 * with its text in *error. Each may return ERR_PERM, ERR_NOMEM and ERR_IO
 * (error_set_errno() in error.h); further errors are named with the function.
 * "Needs the lock" means that state_lock() must have returned 0 before. One
 * thread at a time may use a state.
 */
#ifndef READDRESS_STATE_STATE_H
#define READDRESS_STATE_STATE_H

/*
 * The wing state/: the directory that holds the map, its history, the audit log
 * and what the milter served. A new map is built beside the old one, verified
 * as the milter will verify it, logged and then renamed, so a crash leaves the
 * old map or the new one, whole. Most rooms are declared here;
 * tests/unit/state/test_state.c tests those that have no test of their own.
 *
 *   statedir     names, modes and locks of the directory
 *   audit        writes the audit log
 *   reloadlog    the lines of served/reload.log
 *   required     the text of served/required
 *   served       writes what the milter serves
 *   serving      reads what a running milter tells about itself
 *   generations  the maps that are kept
 *   publish      makes a new map the newest one
 *   purge        deletes the map, its history and the logs
 *   approval     what is approved, and from when on
 *   events       reads the audit log and the milter's log of reloads as one
 */

#include "config/config.h"
#include "map/map.h"

#define STATE_LOCK_SECONDS 10
#define STATE_WHAT_MAX	   2048 /* bytes of the text of an edit, with its NUL */
#define STATE_DOCTOR	   "doctor.json"
#define STATE_DIGITS_MAX   18 /* the most digits of a generation */

struct state;

/*
 * Opens state_dir of the configuration, and sets *state unless it fails. The
 * caller must state_close() it, and may close config before.
 *
 * With create, makes the directory if it does not exist (its parent must), with
 * mode 2750, history/ and served/. As root, gives it the group of config's
 * user; if there is no such user, it gets neither a group nor served/. The same
 * is done to an empty directory that belongs to the caller.
 *
 * Returns ERR_NOENT if it does not exist and create is false; ERR_PERM also if
 * every user may write in it; ERR_BAD if it is not a directory; ERR_CREATE.
 */
int state_open(struct state **state, const struct config *config, bool create,
	struct error *error) MUST_CHECK;

/* Frees the state and ends its lock. Maps that were opened stay open. */
void state_close(struct state *state);

/* Returns the directory's path as configured, valid as long as state. */
const char *state_dir(const struct state *state);

/* Takes the writers' lock, which is held until state_close() or state_purge().
 * Waits for it up to seconds. Also removes the map that a writer which died was
 * building. Returns 0 also if state has the lock already; ERR_BUSY if another
 * process still holds it; ERR_BAD if the file is not a regular file or has a
 * further name (linkcheck.h); ERR_CREATE. */
int state_lock(
	struct state *state, unsigned seconds, struct error *error) MUST_CHECK;

/* Opens map.mdb; map.h says what isolated does. Sets *map unless it fails; the
 * caller must map_close() it. Returns ERR_NOENT if no generation was ever made;
 * ERR_BAD if map.mdb is damaged, or does not exist although others are kept
 * (the text says how to go back), or if history is not a directory. */
int state_open_newest(struct state *state, bool isolated, struct map **map,
	struct error *error) MUST_CHECK;

/* Opens that generation from history/ or map.mdb. Sets *map unless it fails;
 * the caller must map_close() it. Returns ERR_NOENT if it is not kept, with a
 * text that names the generations that are; ERR_BAD if its file is damaged. */
int state_open_generation(struct state *state, uint64_t generation,
	bool isolated, struct map **map, struct error *error) MUST_CHECK;

/* Lists the generations that are kept, in ascending order. Sets *list, which
 * the caller must free(), and *count; on an error, to NULL and 0. A damaged
 * map.mdb is not listed. Returns ERR_BAD if history is not a directory. */
int state_generations(struct state *state, uint64_t **list, size_t *count,
	struct error *error) MUST_CHECK;

/* Lists the generations in history/, which does not have the newest one, in
 * ascending order. Sets *list, which the caller must free(), and *count; on an
 * error, to NULL and 0. Returns ERR_BAD if history is not a directory. */
int state_history(const struct state *state, uint64_t **list, size_t *count,
	struct error *error) MUST_CHECK;

/* Opens map.mdb like state_open_newest(), not isolated, but the text of an
 * error does not say what to do. Returns ERR_NOENT if map.mdb does not exist,
 * ERR_BAD if it is damaged. */
int state_try_newest(
	struct state *state, struct map **map, struct error *error) MUST_CHECK;

/* Returns the error of state_open_newest(), with the text that says what to do,
 * after state_try_newest() failed with why (ERR_NOENT or ERR_BAD) and cause. */
int state_no_newest(const struct state *state, int why,
	const struct error *cause, struct error *error) MUST_CHECK;

/* Sets *generation to one more than the highest in map.mdb, history/ and the
 * audit log. Needs the lock. If a change was interrupted after its audit line,
 * adds a line that says so. Returns ERR_BAD if history is not a directory,
 * audit.log not a regular file, or a line of it names a number that is too
 * large; ERR_CREATE. */
int state_next_generation(struct state *state, uint64_t *generation,
	struct error *error) MUST_CHECK;

/* Returns the path under which a new map must be built, on the same file
 * system. It is valid as long as state. */
const char *state_build_path(const struct state *state);

/*
 * Makes the sealed file in state_build_path() the newest generation. Needs the
 * lock. In this order, the file is opened and verified as the milter opens it
 * (map_open(), isolated), it gets its owner and mode, the old map is linked
 * into history/, the audit line is written, the file is renamed to map.mdb, and
 * old generations are removed. Each step is on disk before the next one.
 *
 * what is a text for the audit log, such as "inbound: 2 domains added, 1 user
 * deleted", cut to STATE_WHAT_MAX bytes. The user (state_user()) and the
 * generation are added to it.
 *
 * On any error the old map is whole and in place, and the built file is
 * removed. Returns ERR_NOENT if nothing was built; ERR_BAD if map_open()
 * refuses the file, if a map cannot store its time, if history is not a
 * directory, or if audit.log or the built file is not a regular file;
 * ERR_CREATE.
 */
int state_publish(struct state *state, const struct map_meta *meta,
	const char *what, struct error *error) MUST_CHECK;

/* Writes the name of the user that runs this process, "root" or, under sudo,
 * "root(alice)", cut to size bytes with its NUL; 160 are enough. Anything but
 * printable ASCII becomes "_". */
void state_user(char *user, size_t size);

/* Reads which generation the milter served last, and which before that; both
 * are 0 if it served none, and on an error. Returns ERR_BAD if
 * served/generation is damaged or not a regular file. */
int state_served(struct state *state, uint64_t *served, uint64_t *previous,
	struct error *error) MUST_CHECK;

/* Notes which generation the milter serves, and which it served before that.
 * The file is replaced atomically and written to disk; a damaged one is
 * replaced, too. On an error the note is as before, as far as the disk allows.
 * Returns ERR_NOENT if there is no served/; ERR_BAD if it is not a directory;
 * ERR_CREATE. */
int state_note_served(struct state *state, uint64_t generation,
	struct error *error) MUST_CHECK;

/* Takes the lock of served/, so that no other milter serves this directory. The
 * milter and `readdress purge` call it. Sets *fd unless it fails; the lock is
 * held until the caller closes it. Returns ERR_BUSY if another process holds
 * the lock; ERR_NOENT if there is no served/; ERR_BAD if it is not a directory,
 * or if the lock's file is not a regular file or has a further name
 * (linkcheck.h). */
int state_claim_served(
	struct state *state, int *fd, struct error *error) MUST_CHECK;

/* Appends a line to served/reload.log, such as "2026-11-21T15:09:00Z reload:
 * generation 11 -> 12, ...", and writes it to disk. what is the text after the
 * time, cut to 900 bytes. Returns ERR_NOENT if there is no served/; ERR_BAD if
 * it is not a directory, or reload.log not a regular file; ERR_CREATE. */
int state_log_reload(
	struct state *state, const char *what, struct error *error) MUST_CHECK;

/* Makes served/, unless it exists, and sets its mode to 0750 and its owner to
 * uid and gid, each unless it is -1. The milter calls it, as root before it
 * drops its privileges, or as its own user. Returns ERR_BAD if served is not a
 * directory; ERR_CREATE. */
int state_make_served(struct state *state, uid_t uid, gid_t gid,
	struct error *error) MUST_CHECK;

/* Reads the milter's key for hashes in log lines from served/log.key; makes the
 * file, with mode 0600, if it does not exist. Returns ERR_NOENT if there is no
 * served/; ERR_BAD if it is not a directory, or the file not a key; ERR_CREATE.
 */
int state_log_key(struct state *state, unsigned char key[32],
	struct error *error) MUST_CHECK;

/* Sets seen[i] for each of outbound_required_headers to true if served/required
 * says that it was ever seen with its value. Without that file, and on an
 * error, all are false. Returns ERR_BAD if the file is damaged or not a regular
 * file. */
int state_proofs(struct state *state, const struct config *config, bool *seen,
	struct error *error) MUST_CHECK;

/* Writes seen to served/required, unless the file says the same already. It is
 * replaced atomically and written to disk; a damaged one is replaced, too.
 * Returns ERR_NOENT if there is no served/; ERR_BAD if it is not a directory;
 * ERR_CREATE. */
int state_note_proofs(struct state *state, const struct config *config,
	const bool *seen, struct error *error) MUST_CHECK;

/* Reads served/usage into *data, which the caller must free(), on errors too.
 * Returns 0; or ERR_NOENT; ERR_BAD if it is not a regular file or has a further
 * name (linkcheck.h). */
int state_usage(struct state *state, char **data, size_t *len,
	struct error *error) MUST_CHECK;

/* Replaces served/usage as file_replace(). Returns ERR_NOENT if there is no
 * served/; ERR_BAD if it is not a directory; ERR_CREATE. */
int state_note_usage(struct state *state, const char *data, size_t len,
	struct error *error) MUST_CHECK;

/* Renames served/usage to served/usage.damaged, which is replaced. */
int state_set_usage_aside(struct state *state, struct error *error) MUST_CHECK;

/* What state_purge removed, and what it left. */
struct state_purged {
	unsigned maps; /* the number of generations removed */
	bool audit;    /* the audit log was removed */
	bool other;    /* foreign files in history/ or served/ were left */
};

/*
 * Deletes the map, its history, the audit log and what the milter wrote, so
 * that the next change makes generation 1. Needs the lock, and ends it. The
 * caller must make sure that no milter runs. The directory itself stays, and so
 * does served/, which the milter's user could not make again. *purged is right
 * after an error, too; the lock is then still held, and a second call
 * continues. Returns ERR_BAD if history is not a directory.
 */
int state_purge(struct state *state, struct state_purged *purged,
	struct error *error) MUST_CHECK;

#endif

/*
 * statedir: what the sources of state/ share; no other wing includes it. Tested
 * by tests/unit/state/test_state.c.
 *
 * Every function here that has an error argument returns 0, or a negative error
 * with its text in *error. Each may return ERR_PERM, ERR_NOMEM and ERR_IO
 * (error_set_errno() in error.h); further errors are named with the function.
 */
#ifndef READDRESS_STATE_STATEDIR_H
#define READDRESS_STATE_STATEDIR_H

#include <sys/types.h>

#include "base/bytes.h"
#include "base/error.h"
#include "map/map.h"

#define STATE_MODE_DIR	    02750
#define STATE_MODE_SERVED   0750
#define STATE_MODE_FILE	    0640
#define STATE_MAP	    "map.mdb"
#define STATE_BUILD	    "map.mdb.new"
#define STATE_HISTORY_DIR   "history"
#define STATE_AUDIT	    "audit.log"
#define STATE_SERVED_DIR    "served"
#define STATE_LOCK	    "lock"
#define STATE_DAMAGED	    "map.mdb.damaged" /* set aside by a rollback */
#define STATE_AUTOROUTES    "autoroutes"   /* routing/autoroutes.h writes it */
#define STATE_OBSERVED	    "dns.observed" /* dns/observation.h writes it */
#define STATE_SIZES	    "sizes"	   /* routing/hopsizes.h writes it */
#define STATE_APPROVED	    "approved"
#define STATE_APPROVED_LOCK "approved.lock"

/* In served/. */
#define STATE_NOTE	 STATE_SERVED_DIR "/generation"
#define STATE_RELOAD_LOG STATE_SERVED_DIR "/reload.log"
#define STATE_LOG_KEY	 STATE_SERVED_DIR "/log.key"
#define STATE_CLAIM	 STATE_SERVED_DIR "/lock"
#define STATE_PROOFS	 STATE_SERVED_DIR "/required"
#define STATE_USAGE	 STATE_SERVED_DIR "/usage"
#define STATE_USAGE_BAD	 STATE_SERVED_DIR "/usage.damaged" /* set aside */
/* The first bytes of STATE_CLAIM, which state_claim_served() locks; serving.c
 * locks the one after them. Version 0.1.0 locked the whole file, and so
 * excludes both. */
#define STATE_CLAIM_BYTES 1

struct state {
	char *dir;	  /* its path, as configured */
	char *map_path;	  /* dir/map.mdb */
	char *build_path; /* dir/map.mdb.new */
	int fd;		  /* the open directory */
	unsigned history; /* generations to keep in history/, at most */
	gid_t group;	  /* of the directory and every file in it */
	int lock;	  /* the lock's descriptor; -1: not held */
	/* The generation in map.mdb, 0 if there is none. It is known once
	 * map.mdb was opened under the lock, when nobody else can change it. */
	bool newest_known;
	uint64_t newest;
	bool damaged; /* map.mdb exists, but is not a whole map */
};

/* Marks a failure as one about the state directory, for the hint that the
 * caller may add. Returns code. */
static inline int state_failed(struct error *error, int code)
{
	return error_about(error, code, ERROR_HINT_STATE_DIR);
}

#define state_set_errno(error, ...)                                            \
	state_failed(error, error_set_errno(error, __VA_ARGS__))

/* Writes DIR/name, for messages and for map_open(), cut to fit. */
#define STATE_PATH_MAX 4096
void state_path(
	const struct state *state, const char *name, char path[STATE_PATH_MAX]);

/* Opens a directory in the state directory. With create, makes it if it does
 * not exist, with that mode and the state directory's group. Returns the
 * descriptor, which the caller must close(); or ERR_NOENT; ERR_BAD if it is not
 * a directory; ERR_CREATE. */
int state_open_subdir(const struct state *state, const char *name, mode_t mode,
	bool create, struct error *error) MUST_CHECK;

/* Opens the file of a map for reading, relative to dirfd; shown is its name in
 * messages. It may have several names in the state directory, since publishing
 * links it into history/. Returns the descriptor, which the caller must
 * close(); or ERR_NOENT; ERR_BAD if it is not a regular file, or has a name
 * elsewhere. */
int state_open_map_file(int dirfd, const char *name, const char *shown,
	struct error *error) MUST_CHECK;

/* Opens a map of the state directory. Sets *map unless it fails; the caller
 * must map_close() it. Returns ERR_NOENT; ERR_BAD if it is not a whole map or
 * the file is refused as by state_open_map_file(); ERR_FOREIGN as map_open().
 */
int state_open_map(const char *path, bool isolated, struct map **map,
	struct error *error) MUST_CHECK;

/* Opens the file of a lock, which is made if it does not exist, and takes an
 * fcntl lock (OFD) on it, waiting up to seconds. Returns the descriptor, and
 * the lock is held until the caller closes it; or ERR_BUSY; ERR_BAD if the file
 * is not a regular file or has a further name (linkcheck.h); ERR_CREATE. */
int state_take_lock(const struct state *state, const char *name,
	unsigned seconds, struct error *error) MUST_CHECK;

#define STATE_NAME_MAX 48
/* Writes "history/N.mdb". */
void state_history_name(char name[STATE_NAME_MAX], uint64_t generation);

/* Sets *generation to that of map.mdb, or to 0 if there is none or it is
 * damaged. */
int state_newest(struct state *state, uint64_t *generation,
	struct error *error) MUST_CHECK;

/* The rest is in audit.c, which writes and reads audit.log. */

/* The texts before N in "TIME USER WHAT; generation N" and "TIME USER
 * generation N was not made: WHY". */
#define AUDIT_MADE     "; generation "
#define AUDIT_NOT_MADE "generation "

/* A number over this in the audit log was not written by readdress. */
#define AUDIT_GENERATION_MAX UINT64_C(1000000000000000)

/* Returns the generation that was made according to a line of the audit log,
 * or 0 if it names none. The number is the last thing in the line, since rows
 * and notes may hold any text before it. A number that is too large becomes
 * UINT64_MAX. */
uint64_t audit_number(struct bytes line);

struct audit_last {
	uint64_t generation; /* the highest that the audit log names; 0: none */
	bool not_made;	     /* a line says that it was not made */
};

/* Reads the audit log; one that does not exist counts as empty. Returns ERR_BAD
 * if it is not a regular file, or a line names a generation over
 * AUDIT_GENERATION_MAX; the text then names the line. */
int audit_last(const struct state *state, struct audit_last *last,
	struct error *error) MUST_CHECK;

/* Appends "TIME USER WHAT; generation N" and writes it to disk. time is in
 * seconds since 1970. Returns ERR_BAD if audit.log is not a regular file;
 * ERR_CREATE. */
int audit_made(const struct state *state, int64_t time, const char *what,
	uint64_t generation, struct error *error) MUST_CHECK;

/* Appends "TIME USER generation N was not made: WHY" and writes it to disk. The
 * caller may ignore an error, since the next change finds the same and writes
 * the line. Returns ERR_BAD if audit.log is not a regular file; ERR_CREATE. */
int audit_not_made(const struct state *state, uint64_t generation,
	const char *why, struct error *error);

#endif

/*
 * statedir: what the files that make up state.h share. For them alone. Errors
 * are told as in state.h.
 */
#ifndef READDRESS_STATE_STATEDIR_H
#define READDRESS_STATE_STATEDIR_H

#include <sys/types.h>

#include "base/bytes.h"
#include "base/error.h"
#include "map/map.h"

#define STATE_MODE_DIR	  02750
#define STATE_MODE_SERVED 0750
#define STATE_MODE_FILE	  0640
#define STATE_MAP	  "map.mdb"
#define STATE_BUILD	  "map.mdb.new"
#define STATE_HISTORY_DIR "history"
#define STATE_AUDIT	  "audit.log"
#define STATE_SERVED_DIR  "served"
#define STATE_LOCK	  "lock"
#define STATE_DAMAGED	  "map.mdb.damaged" /* set aside by a rollback */

/* In served/. */
#define STATE_NOTE	 STATE_SERVED_DIR "/generation"
#define STATE_RELOAD_LOG STATE_SERVED_DIR "/reload.log"
#define STATE_LOG_KEY	 STATE_SERVED_DIR "/log.key"
#define STATE_CLAIM	 STATE_SERVED_DIR "/lock"
#define STATE_PROOFS	 STATE_SERVED_DIR "/required"
/* From the first byte on; serving.c has the one behind. Until 0.1.0 it was all
 * of the file, which meets both. */
#define STATE_CLAIM_BYTES 1

struct state {
	char *dir;	  /* its path, as configured */
	char *map_path;	  /* dir/map.mdb */
	char *build_path; /* dir/map.mdb.new */
	int fd;		  /* of the directory */
	gid_t group;	  /* of the directory: every file in it has it */
	int lock;	  /* -1: not held */
	/* Under the lock: what map.mdb is (0: there is none), once it was
	 * looked at; nobody else can change it. */
	bool newest_known;
	uint64_t newest;
	bool damaged; /* map.mdb is there, but no whole map */
};

/* Of a failure: it is about the state directory. Returns code. */
static inline int state_failed(struct error *error, int code)
{
	return error_about(error, code, ERROR_HINT_STATE_DIR);
}

#define state_set_errno(error, ...)                                            \
	state_failed(error, error_set_errno(error, __VA_ARGS__))

/* dir/name, for messages and for map_open. */
#define STATE_PATH_MAX 4096
void state_path(
	const struct state *state, const char *name, char path[STATE_PATH_MAX]);

/* Opens a directory in the state directory. create: makes it when missing, with
 * the state directory's group. Returns the descriptor (close it); ERR_NOENT;
 * ERR_BAD when it is no directory; ERR_CREATE. */
int state_open_subdir(const struct state *state, const char *name, mode_t mode,
	bool create, struct error *error) MUST_CHECK;

/* Opens a map of this directory for reading, below dirfd. It may have several
 * names in here: publishing one links it into history/. As file_open. */
int state_open_map_file(int dirfd, const char *name, const char *shown,
	struct error *error) MUST_CHECK;

/* The same, and opens it as a map: as map_open. */
int state_open_map(const char *path, bool isolated, struct map **map,
	struct error *error) MUST_CHECK;

/* "history/N.mdb" */
#define STATE_NAME_MAX 48
void state_history_name(char name[STATE_NAME_MAX], uint64_t generation);

/* The generation in map.mdb: 0 when there is none or it is no whole map. */
int state_newest(struct state *state, uint64_t *generation,
	struct error *error) MUST_CHECK;

/* ---- audit.c ---- */

/* What stands before the number in "TIME USER WHAT; generation N" and "TIME
 * USER generation N was not made: WHY". */
#define AUDIT_MADE     "; generation "
#define AUDIT_NOT_MADE "generation "

/* The number behind the last place of word in text; 0: there is none, or it is
 * no generation's. */
uint64_t audit_number(struct bytes text, const char *word);

/* The highest generation that the audit log names (0: none), and whether its
 * line says that it was not made. ERR_BAD when it is no regular file. */
struct audit_last {
	uint64_t generation;
	bool not_made;
};
int audit_last(const struct state *state, struct audit_last *last,
	struct error *error) MUST_CHECK;

/* "TIME USER WHAT; generation N", appended and fsynced. time: seconds since
 * 1970. ERR_BAD when it is no regular file; ERR_CREATE. */
int audit_made(const struct state *state, int64_t time, const char *what,
	uint64_t generation, struct error *error) MUST_CHECK;

/* "TIME USER generation N was not made: WHY"; as audit_made. Where it fails,
 * the next edit finds the same and says it. */
int audit_not_made(const struct state *state, uint64_t generation,
	const char *why, struct error *error);

#endif

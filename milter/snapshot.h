/*
 * snapshot: a configuration and a map that are in force together, and the log
 * that the configuration asks for. It does not change, but for `seen`. Its
 * references are counted; dropping the last one closes both. A message keeps
 * the snapshot with which it began (but see decide_needs_newer()). Tested by
 * tests/unit/milter/test_snapshot.c and tests/e2e/reload.test.
 */
#ifndef READDRESS_MILTER_SNAPSHOT_H
#define READDRESS_MILTER_SNAPSHOT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "config/config.h"
#include "base/log.h"
#include "map/map.h"

struct snapshot {
	struct config *config;
	struct map *map;
	struct log log;
	/* One for each of outbound_required_headers: true if it was ever seen
	 * with its value. It is set while the snapshot is in force (proofs.h).
	 */
	atomic_bool *seen;
	char mta_user[16]; /* the UID of Postfix's user; "": not known */
	_Atomic unsigned long references;
	/* The numbers of snapshots that have this config and this map; the last
	 * one closes it. */
	_Atomic unsigned long *config_users;
	_Atomic unsigned long *map_users;
	struct snapshot *next; /* in snapshot_current.retired */
};

/*
 * The snapshot in force. Any thread may take and replace it. Those before it
 * are kept until nobody else uses them, and closed by the control thread: to
 * unmap a large map takes time, for which no message should wait.
 */
struct snapshot_current {
	pthread_mutex_t mutex;
	struct snapshot *snapshot;
	struct snapshot *retired;
};

/* Makes a snapshot, of which the caller has the first reference. key is the one
 * for hashes in log lines; sink, which must outlive the snapshot, takes the
 * lines. Returns 0, and then owns config and map; or ERR_NOMEM. */
int snapshot_make(struct snapshot **snapshot, struct config *config,
	struct map *map, const unsigned char key[LOG_HASH_KEY],
	struct logsink *sink) MUST_CHECK;

/* Makes a snapshot with the map of old and another configuration, likewise.
 * Owns config if it returns 0. */
int snapshot_with_config(struct snapshot **snapshot, const struct snapshot *old,
	struct config *config, const unsigned char key[LOG_HASH_KEY],
	struct logsink *sink) MUST_CHECK;

/* Makes a snapshot with the configuration of old, its log included, and another
 * map. Owns map if it returns 0. */
int snapshot_with_map(struct snapshot **snapshot, const struct snapshot *old,
	struct map *map) MUST_CHECK;

/* Drops a reference. Does nothing for NULL. */
void snapshot_drop(struct snapshot *snapshot);

/* Returns a new reference to the snapshot in force, which the caller must
 * snapshot_drop(). */
struct snapshot *snapshot_get(struct snapshot_current *current) MUST_CHECK;

/* Puts next in force, and retires the snapshot before. Takes over the caller's
 * reference to next. Calls snapshot_sweep(). */
void snapshot_put(struct snapshot_current *current, struct snapshot *next);

/* Closes the retired snapshots that nobody else uses any more. Returns true if
 * there are others, for which it must be called again. */
bool snapshot_sweep(struct snapshot_current *current);

/* Returns a log for the time before there is a snapshot. It has no key for
 * hashes, so no addresses may be logged with it. */
struct log snapshot_log(const struct config *config, struct logsink *sink);

#define SNAPSHOT_ROWS 128

/* Writes the number of rules of inbound and outbound together: "1200 users, 3
 * domains". */
void snapshot_rows(const struct map_meta *meta, char text[SNAPSHOT_ROWS]);

#endif

/*
 * snapshot: a configuration and a map that were taken up together, with the log
 * that follows from them. It does not change; references are counted, and the
 * last one closes both. A message keeps the snapshot that it began with.
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
	/* For each of outbound_required_headers: was it ever seen right? It
	 * becomes true while the snapshot is in force (proofs.h). */
	atomic_bool *seen;
	char mta_user[16]; /* number of Postfix's own user; "": not known */
	_Atomic unsigned long references;
};

/* The one in force. Any thread may take and replace it. */
struct snapshot_current {
	pthread_mutex_t mutex;
	struct snapshot *snapshot;
};

/* key: for hashes in log lines. sink: where they go; the caller's, and longer
 * there than any snapshot. Owns config and map from now on, but only when
 * it returns 0; else ERR_NOMEM. The caller holds the first reference. */
int snapshot_make(struct snapshot **snapshot, struct config *config,
	struct map *map, const unsigned char key[LOG_HASH_KEY],
	struct logsink *sink) MUST_CHECK;

void snapshot_drop(struct snapshot *snapshot);

/* A new reference to the one in force: snapshot_drop it. */
struct snapshot *snapshot_get(struct snapshot_current *current) MUST_CHECK;

/* Puts next in force (the caller's reference goes to current) and drops the one
 * before it. */
void snapshot_put(struct snapshot_current *current, struct snapshot *next);

/* What log lines and people are told of the configuration alone: for the time
 * before there is a snapshot. Hashes need the key, so addresses stay out. */
struct log snapshot_log(const struct config *config, struct logsink *sink);

#define SNAPSHOT_ROWS 128

/* "1200 users, 3 domains": the rules of inbound and outbound together. */
void snapshot_rows(const struct map_meta *meta, char text[SNAPSHOT_ROWS]);

#endif

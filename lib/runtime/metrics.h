/*
 * metrics: the milter's counters, their Prometheus text (status.prom), and its
 * reading by the tool.
 */
#ifndef READDRESS_RUNTIME_METRICS_H
#define READDRESS_RUNTIME_METRICS_H

/*
 * The wing runtime/: the files in runtime_dir, as state/ has those in
 * state_dir.
 *
 *   pidfile  the pid file, and its lock
 */

#include <stdatomic.h>
#include <stdint.h>

#include "base/budget.h"
#include "decide/decide.h"
#include "map/map.h"

enum metrics_result {
	METRICS_REWRITTEN,
	METRICS_UNCHANGED,
	METRICS_SHADOW,
	METRICS_TEMPFAIL,
	METRICS_REFUSED,
	METRICS_RESULTS
};

#define METRICS_BUCKETS 8 /* upper bounds in metrics.c, the last is +Inf */

/* The names that others than monitoring look for. */
#define METRICS_PREFIX	       "readdress_"
#define METRICS_UP	       METRICS_PREFIX "up"
#define METRICS_STARTED	       METRICS_PREFIX "start_time_seconds"
#define METRICS_GENERATION     METRICS_PREFIX "generation"
#define METRICS_RULES	       METRICS_PREFIX "rules"
#define METRICS_SECONDS	       METRICS_PREFIX "message_seconds"
#define METRICS_TWICE	       METRICS_PREFIX "messages_twice_total"
#define METRICS_RELOADS	       METRICS_PREFIX "reloads_total"
#define METRICS_RELOADS_OK     METRICS_RELOADS "{result=\"ok\"}"
#define METRICS_RELOADS_FAILED METRICS_RELOADS "{result=\"failed\"}"
/* A gauge, 1 for a table in shadow mode. */
#define METRICS_SHADOW_METRIC METRICS_PREFIX "shadow"

/* Threads add to it at once; all are plain relaxed atomics. */
struct metrics {
	_Atomic uint64_t messages[DECISION_DIRECTIONS][METRICS_RESULTS];
	_Atomic uint64_t addresses[DECISION_FIELDS][DECISION_RESULTS];
	_Atomic uint64_t unparsable;
	_Atomic uint64_t leaks[DECISION_LEAK_FIELDS];
	_Atomic uint64_t reloads_ok;
	_Atomic uint64_t reloads_failed;
	_Atomic uint64_t log_lines_dropped;
	_Atomic uint64_t messages_twice; /* see twice.h */
	_Atomic int64_t connections;
	_Atomic uint64_t seconds_buckets[METRICS_BUCKETS];
	_Atomic uint64_t nanoseconds_sum;
	atomic_bool shadow[RULE_TABLES]; /* of inbound and outbound */
	struct budget memory; /* of messages; its max is memory_max */
};

/* Counts one message's time in our callbacks. */
void metrics_observe(struct metrics *metrics, uint64_t nanoseconds);

/* Writes runtime_dir/status.prom atomically (no fsync: it is made again in 5
 * s). started: seconds since 1970. meta: of the map served. */
int metrics_write(const struct metrics *metrics, const char *runtime_dir,
	int64_t started, const struct map_meta *meta,
	struct error *error) MUST_CHECK;

/* The value of one line of status.prom, named with its labels as written there:
 * METRICS_TWICE. Returns 1, 0 when there is none, ERR_NOENT, ERR_IO. */
int metrics_read(const char *runtime_dir, const char *name, double *value,
	struct error *error) MUST_CHECK;

/* The same for METRICS_GENERATION, of which no digit is lost. */
int metrics_read_generation(const char *runtime_dir, uint64_t *generation,
	struct error *error) MUST_CHECK;

/* Calls line for each sample ("name{labels}", value). 0, or ERR_NOENT,
 * ERR_PERM, ERR_BAD (no regular file), ERR_IO. Follows no link, blocks on no
 * FIFO. */
int metrics_each(const char *runtime_dir,
	void (*line)(void *context, const char *name, double value),
	void *context, struct error *error) MUST_CHECK;

#endif

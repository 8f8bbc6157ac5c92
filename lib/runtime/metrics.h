/*
 * metrics: the milter's counters, which it writes to status.prom in Prometheus'
 * text format, and from there the tool reads them.
 */
#ifndef READDRESS_RUNTIME_METRICS_H
#define READDRESS_RUNTIME_METRICS_H

/*
 * The wing runtime/: the files in runtime_dir. Those in state_dir are in
 * state/.
 *
 *   pidfile   the pid file and its lock
 *   greeting  which checks of the tool came through Postfix
 */

#include <stdatomic.h>
#include <stdint.h>

#include "base/budget.h"
#include "decide/decide.h"
#include "map/map.h"
#include "routing/answer.h"

enum metrics_result {
	METRICS_REWRITTEN,
	METRICS_UNCHANGED,
	METRICS_SHADOW,
	METRICS_TEMPFAIL,
	METRICS_REFUSED,
	METRICS_RESULTS
};

#define METRICS_LOOKUP_NAMES 8 /* of tables, and one for all other names */
#define METRICS_BUCKETS	     8 /* metrics.c has their upper bounds */

/* The names that other parts of readdress use. */
#define METRICS_PREFIX		"readdress_"
#define METRICS_UP		METRICS_PREFIX "up"
#define METRICS_STARTED		METRICS_PREFIX "start_time_seconds"
#define METRICS_GENERATION	METRICS_PREFIX "generation"
#define METRICS_RULES		METRICS_PREFIX "rules"
#define METRICS_RULES_INFO	METRICS_PREFIX "rules_info"
#define METRICS_SECONDS		METRICS_PREFIX "message_seconds"
#define METRICS_TWICE		METRICS_PREFIX "messages_twice_total"
#define METRICS_LOOKUPS		METRICS_PREFIX "lookups_total"
#define METRICS_APPROVED	METRICS_PREFIX "approved_generation"
#define METRICS_APPROVED_TIME	METRICS_PREFIX "approved_time_seconds"
#define METRICS_APPROVAL_FAILED METRICS_PREFIX "approval_failed"
#define METRICS_REWRITTEN_TIME	METRICS_PREFIX "rewritten_time_seconds"
#define METRICS_RELOADS		METRICS_PREFIX "reloads_total"
#define METRICS_RELOADS_OK	METRICS_RELOADS "{result=\"ok\"}"
#define METRICS_RELOADS_FAILED	METRICS_RELOADS "{result=\"failed\"}"
/* The name of a gauge that is 1 for a table in shadow mode. */
#define METRICS_SHADOW_METRIC METRICS_PREFIX "shadow"

/* Several threads add to these at the same time, with relaxed atomics. */
struct metrics {
	_Atomic uint64_t messages[DECISION_DIRECTIONS][METRICS_RESULTS];
	_Atomic uint64_t addresses[DECISION_FIELDS][DECISION_RESULTS];
	/* When a message was rewritten last, in seconds since 1970; 0: none. */
	_Atomic int64_t rewritten_time;
	_Atomic uint64_t unparsable;
	_Atomic uint64_t leaks[DECISION_LEAK_FIELDS];
	/* The addresses to which a rule applied, by its table, which is inbound
	 * or outbound, and its kind; and those to which only a rule for their
	 * domain did. */
	_Atomic uint64_t rule_hits[RULE_OUTBOUND + 1][RULE_KINDS];
	_Atomic uint64_t unruled;
	_Atomic uint64_t reloads_ok;
	_Atomic uint64_t reloads_failed;
	/* What is approved (state/approval.h); 0: nothing. */
	_Atomic uint64_t approved_generation;
	_Atomic int64_t approved_time; /* seconds since 1970 */
	atomic_bool approval_failed;   /* it cannot be served */
	_Atomic uint64_t log_lines_dropped;
	_Atomic uint64_t messages_twice; /* see milter/twice.h */
	_Atomic int64_t connections;
	_Atomic uint64_t lookups[METRICS_LOOKUP_NAMES][ANSWER_TEMP + 1];
	_Atomic int64_t lookup_connections;
	_Atomic uint64_t seconds_buckets[METRICS_BUCKETS];
	_Atomic uint64_t nanoseconds_sum;
	atomic_bool shadow[RULE_TABLES]; /* used for inbound and outbound */
	struct budget memory; /* of all messages; its max is memory_max */
};

/* Counts the time from the end of one message to the milter's answer. */
void metrics_observe(struct metrics *metrics, uint64_t nanoseconds);

/* Counts a look-up of Postfix in the table of that name, which may be
 * anything. */
void metrics_lookup(
	struct metrics *metrics, struct bytes name, enum answer_status status);

/* Writes runtime_dir/status.prom atomically, but without fsync, since the
 * milter writes it every 5 s. started is in seconds since 1970; meta is that of
 * the map that is served. Returns 0, or a negative error with its text in
 * *error: ERR_NOENT, ERR_PERM, ERR_NOMEM, ERR_IO. */
int metrics_write(const struct metrics *metrics, const char *runtime_dir,
	int64_t started, const struct map_meta *meta,
	struct error *error) MUST_CHECK;

/* Reads the value of one sample of runtime_dir/status.prom. name includes the
 * labels, exactly as in the file: METRICS_RELOADS_OK. Returns 1 and sets
 * *value; 0 if there is no such sample; or an error of metrics_each(). */
int metrics_read(const char *runtime_dir, const char *name, double *value,
	struct error *error) MUST_CHECK;

/* Reads METRICS_GENERATION like metrics_read(), but without losing a digit. */
int metrics_read_generation(const char *runtime_dir, uint64_t *generation,
	struct error *error) MUST_CHECK;

/* Reads the digest of the rules that are served, from the label of
 * METRICS_RULES_INFO: digits, or DIGEST_NONE. Returns as metrics_read(). */
int metrics_read_digest(const char *runtime_dir, char digest[DIGEST_LEN + 1],
	struct error *error) MUST_CHECK;

/* Calls line for each sample of runtime_dir/status.prom with "name{labels}" and
 * its value. Does not follow symbolic links or block on a FIFO. Returns 0, or a
 * negative error with its text in *error: ERR_NOENT, ERR_PERM, ERR_BAD if the
 * file is not a regular file or has a further name (linkcheck.h), ERR_NOMEM,
 * ERR_IO. */
int metrics_each(const char *runtime_dir,
	void (*line)(void *context, const char *name, double value),
	void *context, struct error *error) MUST_CHECK;

#endif

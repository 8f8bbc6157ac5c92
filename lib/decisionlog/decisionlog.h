/*
 * decisionlog: a decision as log lines (readdress-milter(8), LOG), key=value,
 * each at most DECISIONLOG_LINE octets, every one beginning with the same
 * prefix (leaks with the queue ID alone: leaklog.h).
 */
#ifndef READDRESS_DECISIONLOG_DECISIONLOG_H
#define READDRESS_DECISIONLOG_DECISIONLOG_H

/*
 * The wing decisionlog/: a decision as log lines, as in readdress-milter(8).
 *
 *   logaddress  an address as a log line shows it
 *   leaklog     internal addresses that left
 *   prooflog    a message without one of outbound_required_headers
 *   shadow      what is said while a table is in shadow mode
 */

#include "base/log.h"
#include "decide/decision.h"

#define DECISIONLOG_LINE 900

/*
 * Calls emit for each line, at the level it deserves: LOG_LEVEL_INFO where the
 * message was touched (or would have been, in shadow mode), LOG_LEVEL_WARNING
 * for addresses left as they are and headers that could not be changed (one
 * line for each header and reason, "more=" counts the others) and for leaks,
 * LOG_LEVEL_INFO for a
 * message without the proof that it needs, refused or not (LOG_LEVEL_WARNING
 * where it is refused for now, 450), and for one that was decided before
 * (DECISION_WHY_REQUEUED), LOG_LEVEL_DEBUG for a message that nothing touched.
 * queue_id: NULL becomes "NOQUEUE".
 */
void decisionlog_lines(const struct decision *decision,
	const struct decide_message *message, const char *queue_id,
	uint64_t generation, const struct log *log,
	void (*emit)(void *context, enum log_level level, const char *line),
	void *context);

#endif

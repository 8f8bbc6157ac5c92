/*
 * decisionlog: writes a decision as log lines of key=value pairs, which are
 * described in readdress-milter(8), LOG. Each line has at most DECISIONLOG_LINE
 * bytes. All begin with the same prefix, but for those about leaks, which begin
 * with the queue ID (leaklog.h).
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
 * Calls emit for each line, with its level:
 * - LOG_LEVEL_WARNING for addresses that are LEFT or UNREAD (one line for each
 *   header and reason, "more=" counts the further addresses), but
 *   LOG_LEVEL_INFO if the reason is DECISION_REASON_SIGNED,
 * - LOG_LEVEL_WARNING for leaks,
 * - LOG_LEVEL_WARNING for a message that is refused with 450,
 * - LOG_LEVEL_INFO for any other message without the proof that it needs,
 * - LOG_LEVEL_INFO for a message that was changed, or would have been without
 *   shadow mode,
 * - LOG_LEVEL_INFO for a message that was decided before,
 * - LOG_LEVEL_DEBUG for any other message.
 * A queue_id that is NULL becomes "NOQUEUE". Memory that is exhausted shows as
 * "?" in place of a hash (logaddress.h).
 */
void decisionlog_lines(const struct decision *decision,
	const struct decide_message *message, const char *queue_id,
	uint64_t generation, const struct log *log,
	void (*emit)(void *context, enum log_level level, const char *line),
	void *context);

#endif

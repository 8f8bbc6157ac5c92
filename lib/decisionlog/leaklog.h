/*
 * leaklog: the leaks of a decision as log lines.
 */
#ifndef READDRESS_DECISIONLOG_LEAKLOG_H
#define READDRESS_DECISIONLOG_LEAKLOG_H

#include "base/log.h"
#include "decide/decision.h"

/*
 * Calls emit for each leak that the decision holds: "ID: leak=<address>
 * field=from why=default client=192.0.2.7 daemon=OUTBOUND", and once more with
 * their number, "leaks=57 logged=20", when there are others. id: the queue ID,
 * escaped.
 */
void leaklog_lines(const struct decision *decision,
	const struct decide_message *message, const char *id,
	const struct log *log,
	void (*emit)(void *context, enum log_level level, const char *line),
	void *context);

#endif

/*
 * leaklog: writes the leaks of a decision as log lines. Tested by
 * tests/unit/decide/test_leak.c.
 */
#ifndef READDRESS_DECISIONLOG_LEAKLOG_H
#define READDRESS_DECISIONLOG_LEAKLOG_H

#include "base/log.h"
#include "decide/decision.h"

/*
 * Calls emit with LOG_LEVEL_WARNING for each leak that the decision keeps: "ID:
 * leak=<address> field=from why=default client=192.0.2.7 daemon=OUTBOUND". If
 * there are more leaks than those, calls it once more with their number: "ID:
 * leaks=57 logged=20 why=...". id is the queue ID, escaped.
 */
void leaklog_lines(const struct decision *decision,
	const struct decide_message *message, const char *id,
	const struct log *log,
	void (*emit)(void *context, enum log_level level, const char *line),
	void *context);

#endif

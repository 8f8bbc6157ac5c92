/*
 * prooflog: writes what a log line says about a message that lacks its proof,
 * which are the headers of outbound_required_headers. Tested by
 * tests/unit/decide/test_proof.c.
 */
#ifndef READDRESS_DECISIONLOG_PROOFLOG_H
#define READDRESS_DECISIONLOG_PROOFLOG_H

#include "base/log.h"
#include "decide/decision.h"

#define PROOFLOG_MAX 420

/*
 * Writes the message's origin and the headers with a listed name that it has:
 * ' client=192.0.2.7 daemon=OUTBOUND found="X-Org: evil.example"'. It is
 * "found=none" if there are none; "more=N" counts those that do not fit. The
 * first listed header that was never seen with its value in any message follows
 * as unseen="X-Org: a.example", and "unseen-more=N" counts the others.
 */
void prooflog_text(const struct decision *decision,
	const struct decide_message *message, const struct log *log,
	char text[PROOFLOG_MAX]);

/* Writes ' client=192.0.2.7 daemon=OUTBOUND'; what is not known is "-". */
#define PROOFLOG_ORIGIN_MAX 120
void prooflog_origin(
	const struct decide_message *message, char text[PROOFLOG_ORIGIN_MAX]);

#endif

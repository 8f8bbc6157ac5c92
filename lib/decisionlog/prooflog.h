/*
 * prooflog: what a log line says of a message without the proof that
 * outbound_required_headers ask for.
 */
#ifndef READDRESS_DECISIONLOG_PROOFLOG_H
#define READDRESS_DECISIONLOG_PROOFLOG_H

#include "base/log.h"
#include "decide/decision.h"

#define PROOFLOG_MAX 420

/*
 * ' client=192.0.2.7 daemon=OUTBOUND found="X-Org: evil.example"': the headers
 * that were found, "found=none" without one, "more=N" for those that find no
 * room; and unseen="X-Org: a.example" for a listed header that was never seen
 * right, with "unseen-more=N".
 */
void prooflog_text(const struct decision *decision,
	const struct decide_message *message, const struct log *log,
	char text[PROOFLOG_MAX]);

/* ' client=192.0.2.7 daemon=OUTBOUND'; "-" for what is not known. */
#define PROOFLOG_ORIGIN_MAX 120
void prooflog_origin(
	const struct decide_message *message, char text[PROOFLOG_ORIGIN_MAX]);

#endif

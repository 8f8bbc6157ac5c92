/*
 * attempt: one message and the decision that the milter would make for it, for
 * the command `rewrite`. The message comes from standard input
 * (command/rewrite.c) or from a mailbox (trial.c). Tested by
 * tests/e2e/rewrite.test.
 */
#ifndef READDRESS_TOOL_MESSAGE_ATTEMPT_H
#define READDRESS_TOOL_MESSAGE_ATTEMPT_H

#include "message/explain.h"
#include "message/message.h"
#include "tool.h"

/* The null sender as SMTP gives it. "" would be the sender of Postfix's own
 * bounces, which need no proof of outbound_required_headers. */
#define ATTEMPT_NULL_SENDER "<>"

/* Begins all zero but for tool; attempt_free() it, after an error too. */
struct attempt {
	struct tool *tool;
	enum decision_direction direction;
	enum decision_why why; /* what decided it: the command line, or a
				  property of the client */
	const char *name;      /* of the message in its mailbox, or NULL */
	struct arena *arena;   /* of the decision; attempt_read() resets it */
	struct message file;
	struct decide_recipient *recipients; /* of -r; NULL: none */
	size_t recipient_count;
	bool *required_seen; /* for decide_message.required_seen */
	struct decide_message message;
	struct decision decision;     /* by the configuration */
	struct decision enforced;     /* as if no table was in shadow mode */
	struct signatures signatures; /* what enforced does to them */
};

/* Reads the next message; its envelope is empty. Returns 0, ERR_NOMEM, or
 * another error of message_read(). */
int attempt_read(struct attempt *attempt, const struct message_source *source,
	struct error *error) MUST_CHECK;

/* Makes both decisions for the message and its envelope, and finds the
 * signatures that enforced breaks. All results live in arena. Returns 0, or an
 * error of decide(). */
int attempt_decide(struct attempt *attempt, struct error *error) MUST_CHECK;

/* Returns what explain.h prints of the attempt; it points into *attempt. */
struct explain attempt_explain(const struct attempt *attempt);

void attempt_free(struct attempt *attempt);

#endif

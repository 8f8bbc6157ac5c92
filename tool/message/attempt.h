/*
 * attempt: one message through the same decision as in the milter, for the
 * command `rewrite`: from standard input (command/rewrite.c), or one of a
 * mailbox (trial.c).
 */
#ifndef READDRESS_TOOL_MESSAGE_ATTEMPT_H
#define READDRESS_TOOL_MESSAGE_ATTEMPT_H

#include "message/explain.h"
#include "message/message.h"
#include "tool.h"

/* An empty one would be Postfix's own bounce, which no proof is asked of. */
#define ATTEMPT_NULL_SENDER "<>"

/* All zero at first; attempt_free in any case. */
struct attempt {
	struct tool *tool;
	enum decision_direction direction;
	enum decision_why why; /* COMMAND, or what decides it for such a client
				*/
	const char *name;      /* of the message in its mailbox, or NULL */
	struct arena *arena;   /* of the decision, reset by attempt_read */
	struct message file;
	struct decide_recipient *recipients; /* of the command line; may be 0 */
	size_t recipient_count;
	bool *required_seen; /* as in decide_message */
	struct decide_message message;
	struct decision decision;     /* by the configuration as it is */
	struct decision enforced;     /* as if no mode was shadow */
	struct signatures signatures; /* for enforced */
};

/* Reads the next message, without an envelope. 0; ERR_NOMEM; or as
 * message_read.
 */
int attempt_read(struct attempt *attempt, const struct message_source *source,
	struct error *error) MUST_CHECK;

/* Makes both decisions for the message with its envelope, and finds what the
 * second one does to signatures. All of it lives in arena. Errors as decide. */
int attempt_decide(struct attempt *attempt, struct error *error) MUST_CHECK;

/* What there is to explain. */
struct explain attempt_explain(const struct attempt *attempt);

void attempt_free(struct attempt *attempt);

#endif

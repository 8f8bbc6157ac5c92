/*
 * explain: what happens to a message, and why: for people, and as JSON.
 */
#ifndef READDRESS_TOOL_MESSAGE_EXPLAIN_H
#define READDRESS_TOOL_MESSAGE_EXPLAIN_H

#include <stdio.h>

#include "message/signatures.h"

struct explain {
	const char *name; /* of the message in its mailbox, or NULL */
	const struct config *config;
	uint64_t generation;
	const struct decide_message *message;
	/* With findings for all addresses, and as if no mode was shadow. */
	const struct decision *decision;
	const struct signatures *signatures;
	/* What leaks: of the decision as the modes are. */
	const struct decision *leaks;
};

/* The value of the first Message-ID, white space around it removed; len 0 when
 * there is none. */
struct bytes explain_message_id(const struct decide_message *message);

/* Of a message in a mailbox, without what is the same for all. */
void explain_text(const struct explain *explain, FILE *file);

/* One object a line on standard output; their keys stand in readdress(1). 0;
 * ERR_NOMEM; ERR_IO when standard output failed. */
int explain_json(const struct explain *explain, struct error *error) MUST_CHECK;

/* "rcpt=<old>:<new>" a line for each address of the envelope that changes. */
void explain_envelope(
	const struct explain *explain, const char *indent, FILE *file);

#endif

/*
 * explain: prints what happens to a message, and why, as text (explain.c) and
 * as JSON (explainjson.c). Tested by tests/e2e/rewrite.test.
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
	/* Made as if no table was in shadow mode, with all findings. */
	const struct decision *decision;
	const struct signatures *signatures;
	/* Made by the configuration: its leaks are printed. */
	const struct decision *leaks;
};

/* Returns the value of the first Message-ID without the white space around it;
 * len 0: there is none. */
struct bytes explain_message_id(const struct decide_message *message);

/* Prints the explanation as text. For a message in a mailbox it leaves out what
 * is the same for all messages. */
void explain_text(const struct explain *explain, FILE *file);

/* Prints the explanation as JSON Lines on standard output, with the keys that
 * readdress(1) lists. Returns 0, ERR_NOMEM, or ERR_IO if standard output
 * failed. */
int explain_json(const struct explain *explain, struct error *error) MUST_CHECK;

/* Prints a line like "rcpt=<old>:<new>" for each address of the envelope that
 * changes. */
void explain_envelope(
	const struct explain *explain, const char *indent, FILE *file);

#endif

/*
 * stored: the envelope of a message in a mailbox, taken from the headers that
 * delivery wrote into it. Tested by tests/e2e/rewrite.test.
 */
#ifndef READDRESS_TOOL_MESSAGE_STORED_H
#define READDRESS_TOOL_MESSAGE_STORED_H

#include "decide/decide.h"

/* Returns the sender: the value of Return-Path, otherwise the first address in
 * From, otherwise "". Returns NULL if out of memory. The text lives in arena.
 */
const char *stored_sender(
	const struct decide_message *message, struct arena *arena) MUST_CHECK;

/*
 * Finds the recipients: the value of the first X-Original-To, otherwise of the
 * first Delivered-To, as the last delivery writes its headers first; otherwise
 * the addresses in To, Cc and Bcc. The list lives in arena. Returns 0 or
 * ERR_NOMEM.
 */
int stored_recipients(const struct decide_message *message, struct arena *arena,
	struct decide_recipient **recipients, size_t *count) MUST_CHECK;

#endif

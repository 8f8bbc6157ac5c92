/*
 * stored: the envelope that a stored message came with, from the headers that
 * delivery put into it.
 */
#ifndef READDRESS_TOOL_MESSAGE_STORED_H
#define READDRESS_TOOL_MESSAGE_STORED_H

#include "decide/decide.h"

/* Return-Path, where there is none the first address of From; "" when there is
 * no such thing. NULL: out of memory. */
const char *stored_sender(
	const struct decide_message *message, struct arena *arena) MUST_CHECK;

/*
 * X-Original-To, else Delivered-To, of each the first in the message, which the
 * last delivery put there; else the addresses of To, Cc and Bcc. 0 or
 * ERR_NOMEM.
 */
int stored_recipients(const struct decide_message *message, struct arena *arena,
	struct decide_recipient **recipients, size_t *count) MUST_CHECK;

#endif

/*
 * envelope: decides about MAIL FROM and RCPT TO. Called by decide alone.
 *
 * Sets sender, adds, deletes, findings and counts of the decision; they point
 * into the context's arena and into the message. In shadow mode sender, adds
 * and deletes stay empty, and decision->shadow is set instead.
 *
 * Every function here returns 0; or ERR_NOMEM; or ERR_IO or ERR_BAD if the map
 * cannot be read, with no text in the context's error.
 */
#ifndef READDRESS_DECIDE_ENVELOPE_H
#define READDRESS_DECIDE_ENVELOPE_H

#include "decide/context.h"

/* Applies the outbound table to the sender of an outbound message. The null
 * sender stays as it is. */
int envelope_sender(struct decide_context *context) MUST_CHECK;

/*
 * Applies the inbound table to the recipients. Adds and deletes are the
 * difference of the two sets of keys, so that a recipient which is in both
 * stays as it is.
 *
 * Also returns ERR_BAD, with the context's error set, if Postfix would confuse
 * two recipients that the rules tell apart (lookalike.h); not in shadow mode.
 */
int envelope_recipients(struct decide_context *context) MUST_CHECK;

#endif

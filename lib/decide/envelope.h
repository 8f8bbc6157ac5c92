/*
 * envelope: the part of decide that is about MAIL FROM and RCPT TO. Fills
 * sender, adds, deletes, findings and counts of the decision, all in the
 * context's arena or in the message. In shadow mode sender, adds and deletes
 * stay empty, and decision->shadow is set instead. Called by decide alone.
 */
#ifndef READDRESS_DECIDE_ENVELOPE_H
#define READDRESS_DECIDE_ENVELOPE_H

#include "decide/context.h"

/* Outbound messages: the sender by the outbound table; the null sender is left.
 * 0; ERR_NOMEM; ERR_IO or ERR_BAD, without text, when the map cannot be read.
 */
int envelope_sender(struct decide_context *context) MUST_CHECK;

/* The recipients by the inbound table, as the net difference of keys. 0; as
 * envelope_sender; or as recipients_difference, whose ERR_BAD is 0 in shadow
 * mode. */
int envelope_recipients(struct decide_context *context) MUST_CHECK;

#endif

/*
 * envelope: the part of decide that is about MAIL FROM and RCPT TO. Fills
 * sender, adds, deletes and findings of the decision. Called by decide alone.
 */
#ifndef READDRESS_ENVELOPE_H
#define READDRESS_ENVELOPE_H

#include "verdict.h"

/* Outbound messages: the sender by the outbound table. */
int envelope_sender(struct verdict_context *context) MUST_CHECK;

/* The recipients by the inbound table, as the net difference of keys. 0 or as
 * recipients_difference. */
int envelope_recipients(struct verdict_context *context) MUST_CHECK;

/*
 * Reads a sender or recipient: as it came, or as Postfix resolved it where that
 * is another address (source routes, "in.test!u", "u%relay", "u"). resolved may
 * be NULL. *spelt: what came, path stripped: a recipient is deleted by it.
 * Returns 1, 0 when neither is an address, or ERR_NOMEM.
 */
int envelope_mailbox(const char *address, const char *resolved,
	struct mailbox *mailbox, struct bytes *spelt) MUST_CHECK;

#endif

/*
 * resolved: reads the address of a sender or recipient, as it came or as
 * Postfix resolved it. Tested by tests/unit/decide/test_envelope.c and
 * test_sender.c.
 */
#ifndef READDRESS_DECIDE_RESOLVED_H
#define READDRESS_DECIDE_RESOLVED_H

#include "mail/address.h"

/*
 * Reads the address of a sender or recipient. Sets *mailbox to address, the
 * argument of MAIL FROM or RCPT TO, or to resolved if that is another address:
 * Postfix resolves source routes, "in.test!u", "u%relay" and "u". resolved may
 * be NULL. Sets *spelt to the part of address that Postfix parsed
 * (postfixfold.h), the spelling by which a recipient is deleted.
 *
 * Returns 1; or 0 if neither is an address; or ERR_NOMEM.
 */
int resolved_mailbox(const char *address, const char *resolved,
	struct mailbox *mailbox, struct bytes *spelt) MUST_CHECK;

#endif

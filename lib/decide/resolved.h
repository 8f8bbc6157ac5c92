/*
 * resolved: which address a sender or recipient is: as it came, or as Postfix
 * resolved it.
 */
#ifndef READDRESS_DECIDE_RESOLVED_H
#define READDRESS_DECIDE_RESOLVED_H

#include "mail/address.h"

/*
 * Reads a sender or recipient: as it came, or as Postfix resolved it where that
 * is another address (source routes, "in.test!u", "u%relay", "u"). resolved may
 * be NULL. *spelt: what Postfix parsed (postfixfold.h), in address: a recipient
 * is deleted by it. Returns 1, 0 when neither is an address, or ERR_NOMEM.
 */
int resolved_mailbox(const char *address, const char *resolved,
	struct mailbox *mailbox, struct bytes *spelt) MUST_CHECK;

#endif

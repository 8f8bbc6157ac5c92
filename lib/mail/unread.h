/*
 * unread: finds parts that look like an address in a text that cannot be parsed
 * as one, like "zoe@new.example" in "Zoe Zander zoe@new.example". The time is
 * linear, and nothing is allocated.
 */
#ifndef READDRESS_MAIL_UNREAD_H
#define READDRESS_MAIL_UNREAD_H

#include "base/bytes.h"
#include "mail/address.h"

#define UNREAD_LOCAL_MAX 254
#define UNREAD_DOTS	 4
#define UNREAD_READINGS	 (1 + UNREAD_DOTS + 1)

/* One such part. White space around "@" and around a dot, comments after "@",
 * and the apostrophes around an address are left out of text. */
struct unread {
	char text[UNREAD_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX * 2];
	size_t at; /* where "@" is; 0 when nothing like a local part is before
		      it */
	/* The possible lengths of the address in text, in descending order,
	 * each with a domain: all of text; up to a dot that white space
	 * follows, which may end a sentence; up to the first non-ASCII byte of
	 * the domain, which may be other text that follows without a space. */
	size_t len[UNREAD_READINGS];
	unsigned len_count; /* at least 1 */
};

/* Removes the next such part, and everything before it, from *rest. Returns
 * false if there is none. */
bool unread_next(struct bytes *rest, struct unread *unread);

#endif

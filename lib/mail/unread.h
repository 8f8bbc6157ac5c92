/*
 * unread: what a text that cannot be parsed as an address still shows: places
 * that look like one, "zoe@new.example" in "Zoe Zander zoe@new.example".
 * Linear time; nothing is allocated.
 */
#ifndef READDRESS_MAIL_UNREAD_H
#define READDRESS_MAIL_UNREAD_H

#include "base/bytes.h"
#include "mail/address.h"

#define UNREAD_LOCAL_MAX 254
#define UNREAD_DOTS	 4
#define UNREAD_READINGS	 (1 + UNREAD_DOTS + 1)

/* One such place. White space around "@" and around a dot, comments behind "@",
 * and the apostrophes around an address are not in text. */
struct unread {
	char text[UNREAD_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX * 2];
	size_t at; /* of the "@": 0 when nothing like a local part is before it
		    */
	/* How much of text the address may be, descending, each with a domain:
	 * all of it; up to a dot that white space stands behind, which may end
	 * a sentence; up to the domain's first non-ASCII byte, which may be
	 * text that stands close behind it. */
	size_t len[UNREAD_READINGS];
	unsigned len_count; /* at least 1 */
};

/* Cuts the next place, and all before it, off *rest. False: there is none. */
bool unread_next(struct bytes *rest, struct unread *unread);

#endif

/*
 * dsn: the NOTIFY and ORCPT parameters of RCPT TO (RFC 3461 section 4, RFC 6533
 * section 3).
 */
#ifndef READDRESS_MAIL_DSN_H
#define READDRESS_MAIL_DSN_H

#include "mail/address.h"
#include "base/arena.h"

/* The wishes of several recipients for notification, combined. */
struct dsn_notify {
	unsigned bits;	   /* DSN_SUCCESS and so on, of all of them */
	bool all_never;	   /* every recipient has NEVER */
	bool any_implicit; /* at least one has no NOTIFY: FAILURE and DELAY */
	bool any;	   /* at least one recipient was added */
};

#define DSN_SUCCESS 1u
#define DSN_FAILURE 2u
#define DSN_DELAY   4u

/* Adds the NOTIFY value of one recipient, or NULL if it had none. */
void dsn_notify_add(struct dsn_notify *notify, const char *value);

/* Returns the NOTIFY value for all of them together, like "NEVER" or
 * "SUCCESS,DELAY"; "" means that the parameter must be left out. The text is
 * static. */
const char *dsn_notify_text(const struct dsn_notify *notify);

/*
 * Makes the value of ORCPT for a recipient that had none: "rfc822;" and the
 * address in xtext, or "utf-8;" and the address in utf-8-addr-xtext if its
 * local part is UTF-8. spelt is the address as it came; it is used if it is
 * ASCII. The result is in arena and ends with a NUL. Returns NULL when out of
 * memory, or when there is neither spelt nor a valid address.
 */
char *dsn_orcpt(struct arena *arena, const struct mailbox *mailbox,
	struct bytes spelt) MUST_CHECK;

/*
 * Converts that value to the form in which a milter must pass it to Postfix,
 * which expects xtext whatever the type is. In a value of the type utf-8, the
 * characters that the client embedded become UTF-8 in xtext. Otherwise "\x{F6}"
 * would reach the next hop as "\x{5C}x{F6}", and a "+" that is not embedded
 * would begin a hexadecimal byte; if no digits followed it, Postfix would use
 * its own address of the recipient instead (measured, Postfix 3.7). Values of
 * other types do not change. Returns text in arena, or orcpt itself; NULL when
 * out of memory.
 */
const char *dsn_orcpt_for_milter(
	struct arena *arena, const char *orcpt) MUST_CHECK;

#endif

/*
 * dsn: the NOTIFY and ORCPT parameters of RCPT TO (RFC 3461 section 4, RFC 6533
 * section 3).
 */
#ifndef READDRESS_MAIL_DSN_H
#define READDRESS_MAIL_DSN_H

#include "mail/address.h"
#include "base/arena.h"

/* What several recipients say together about notification. */
struct dsn_notify {
	unsigned bits;	   /* DSN_SUCCESS ..., united */
	bool all_never;	   /* all of them said NEVER */
	bool any_implicit; /* at least one said nothing: FAILURE and DELAY */
	bool any;	   /* at least one was added */
};

#define DSN_SUCCESS 1u
#define DSN_FAILURE 2u
#define DSN_DELAY   4u

/* Adds one recipient's NOTIFY value; NULL when it had none. */
void dsn_notify_add(struct dsn_notify *notify, const char *value);

/* The value for all together: "NEVER", "SUCCESS,DELAY" ...; "" where the
 * parameter is to be left out. Static. */
const char *dsn_notify_text(const struct dsn_notify *notify);

/*
 * The value of ORCPT for a recipient who had none: "rfc822;" and the address in
 * xtext, or "utf-8;" and utf-8-addr-xtext where its local part is UTF-8. spelt:
 * the address as it came, used where it is ASCII. In arena, NUL-terminated;
 * NULL when out of memory.
 */
char *dsn_orcpt(struct arena *arena, const struct mailbox *mailbox,
	struct bytes spelt) MUST_CHECK;

/*
 * The same value as a milter hands it to Postfix, which reads xtext there
 * whatever the type. Of the type utf-8, what Postfix read of the client becomes
 * UTF-8 in xtext: "\x{F6}" would reach the next hop as "\x{5C}x{F6}", and a "+"
 * that the client did not embed would begin an octet in hex; where none
 * follows, Postfix takes its own address of the recipient instead (measured,
 * Postfix 3.7). Other types as they are. In arena, or orcpt itself. NULL when
 * out of memory.
 */
const char *dsn_orcpt_for_milter(
	struct arena *arena, const char *orcpt) MUST_CHECK;

#endif

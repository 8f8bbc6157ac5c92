/*
 * probe: what the reply to a RCPT TO says of an address, when the server is a
 * Postfix that verifies recipients (reject_unverified_recipient,
 * address_verify(5)). Pure.
 */
#ifndef READDRESS_PROBE_PROBE_H
#define READDRESS_PROBE_PROBE_H

/*
 * The wing probe/: do the targets of rules exist where they lead? What to ask,
 * and what the replies say. It does no I/O but to read the map.
 *
 *   targets   the addresses that rules lead to, domain by domain
 *   against   the users of a directory and the rules for users, compared
 */

#include "base/bytes.h"

enum probe_result {
	PROBE_YES,     /* the next hop takes mail for the address */
	PROBE_NO,      /* it refuses it for good */
	PROBE_UNKNOWN, /* it said neither, or nothing */
	PROBE_WAIT     /* Postfix is still asking */
};

/* "yes", "no", "unknown"; "wait". */
const char *probe_result_name(enum probe_result result);

/*
 * Tells what a reply says: its code, 0 if none came, and the text behind the
 * code. A refusal is a "no" only if the next hop gave it in reply to RCPT TO,
 * or if Postfix itself finds that the address leads nowhere: a next hop that
 * refuses our greeting or sender has said nothing about the address. Nor has a
 * service that refuses all clients.
 */
enum probe_result probe_classify(unsigned code, struct bytes text);

/* Reads how large a message a server takes (SIZE, RFC 1870) from what
 * posttls-finger(1) printed of its replies: the last EHLO counts, which is the
 * one behind STARTTLS. Returns false if it did not say that it has a limit. */
bool probe_read_size(struct bytes chat, uint64_t *size);

#define PROBE_USER_MAX 32

/*
 * Writes the local part of a user that the domain cannot have, and a NUL: 16
 * random-looking hexadecimal digits behind a name. It is made from salt, which
 * is this host's, and the domain: a greylist that has deferred it once knows it
 * at the next run.
 */
void probe_make_user(
	struct bytes salt, struct bytes domain, char user[PROBE_USER_MAX]);

#endif

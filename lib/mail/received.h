/*
 * received: what Postfix writes into Received, and what that tells of mail that
 * postsuper(1) -r put into the queue again.
 */
#ifndef READDRESS_MAIL_RECEIVED_H
#define READDRESS_MAIL_RECEIVED_H

#include "base/bytes.h"

/* The Postfix that a message came from. Where one of them is NULL, no header is
 * taken for its own. */
struct received_mta {
	const char *host; /* myhostname, as the macro {j} tells it */
	const char *user; /* number of its own user (mail_owner), in decimal */
};

enum received_by {
	RECEIVED_OTHER,
	/* pickup(8), "from userid" of Postfix's own user: postsuper -r puts
	 * files of the queue into maildrop, and they belong to that user. */
	RECEIVED_REQUEUED,
	RECEIVED_SMTPD, /* an smtpd(8) of this host */
};

/* True if this is the name of a Received header as Postfix spells it. */
bool received_is_name(struct bytes name);

/*
 * Tells who wrote a Received header, from all that stands behind its colon.
 * Exactly what Postfix 2.x to 3.11 writes counts, byte for byte (folds are LF
 * or CRLF); anything else is RECEIVED_OTHER. A header can be forged, so this
 * says something of a message only where all headers above are Postfix's own.
 */
enum received_by received_by(
	const struct received_mta *mta, struct bytes value);

/*
 * True if a message was decided before: its Received headers, taken from the
 * top, are one or more RECEIVED_REQUEUED and then RECEIVED_SMTPD. What stands
 * below was written by others and does not count. The Received of the smtpd
 * that hands the message over must not be among them: Postfix does not show it
 * to milters.
 *
 * received_next takes the headers of a message one by one, in its order, with
 * *state 0 at the first; headers of other names do not matter. It returns false
 * once no further header can change the answer, which received_is_requeued
 * gives at any time.
 */
enum received_state {
	RECEIVED_NONE,	   /* no Received yet */
	RECEIVED_AGAIN,	   /* RECEIVED_REQUEUED alone so far */
	RECEIVED_DECIDED,  /* and then RECEIVED_SMTPD */
	RECEIVED_UNDECIDED /* something else came first */
};

bool received_next(enum received_state *state, const struct received_mta *mta,
	struct bytes name, struct bytes value);

static inline bool received_is_requeued(enum received_state state)
{
	return state == RECEIVED_DECIDED;
}

#endif

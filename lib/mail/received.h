/*
 * received: what Postfix writes into a Received header, and how that shows that
 * postsuper(1) -r has put a message into the queue again.
 */
#ifndef READDRESS_MAIL_RECEIVED_H
#define READDRESS_MAIL_RECEIVED_H

#include "base/bytes.h"

/* The Postfix that a message came from. If one member is NULL, no header counts
 * as written by it. */
struct received_mta {
	const char *host; /* myhostname, from the macro {j} */
	const char *user; /* the number of its mail_owner, in decimal */
};

enum received_by {
	RECEIVED_OTHER,
	/* pickup(8), "from userid" of the user of Postfix itself: postsuper
	 * -r puts files of the queue into maildrop, and they belong to that
	 * user. */
	RECEIVED_REQUEUED,
	RECEIVED_SMTPD, /* an smtpd(8) of this host */
};

/* True if this is the name of a Received header, spelt as Postfix spells it. */
bool received_is_name(struct bytes name);

/*
 * Returns who wrote a Received header; value is everything after its colon.
 * Only the exact bytes that Postfix 2.x to 3.11 writes count (folds are LF or
 * CRLF); anything else is RECEIVED_OTHER. A header can be forged, so the answer
 * is reliable only if Postfix itself wrote all headers above it.
 */
enum received_by received_by(
	const struct received_mta *mta, struct bytes value);

/*
 * A message was decided before if its Received headers, from the top, are one
 * or more RECEIVED_REQUEUED and then RECEIVED_SMTPD. Others wrote the headers
 * below these, so they do not count. The Received header of the smtpd that
 * passes the message to the milter must not be among them: Postfix does not
 * show it to milters.
 *
 * received_next() takes the headers of a message one by one, in their order,
 * with *state 0 at the first; headers with other names are ignored. It returns
 * false once no further header can change the answer. received_is_requeued()
 * gives the answer at any time.
 */
enum received_state {
	RECEIVED_NONE,	   /* no Received header yet */
	RECEIVED_AGAIN,	   /* only RECEIVED_REQUEUED so far */
	RECEIVED_DECIDED,  /* RECEIVED_SMTPD after that */
	RECEIVED_UNDECIDED /* something else came first */
};

bool received_next(enum received_state *state, const struct received_mta *mta,
	struct bytes name, struct bytes value);

static inline bool received_is_requeued(enum received_state state)
{
	return state == RECEIVED_DECIDED;
}

#endif

/*
 * answer: the answers to Postfix's look-ups (socketmap_table(5)), as
 * readdress-milter(8) lists them. No I/O: server and protocol are elsewhere.
 */
#ifndef READDRESS_ROUTING_ANSWER_H
#define READDRESS_ROUTING_ANSWER_H

/*
 * The wing routing/: what Postfix asks us when mail comes and when it leaves:
 * which domains it accepts, which recipients exist, which way their mail goes.
 * Recipients are found by the code of decide/, so that Postfix refuses exactly
 * those that the milter cannot rewrite.
 *
 *   domainrole  what a domain is to this Postfix
 *   autoroutes  what DNS said of the domains whose role is auto
 *   hopsizes    how large a message next hops take
 *   socketmap   the protocol of Postfix's look-ups
 */

#include "config/config.h"
#include "map/map.h"
#include "routing/autoroutes.h"

/* The most bytes of an answer. */
#define ANSWER_MAX 16384

enum answer_status {
	ANSWER_OK,	 /* text is the value */
	ANSWER_NOTFOUND, /* text is empty */
	ANSWER_TEMP	 /* text is the reason; Postfix tries again later */
};

struct answer {
	enum answer_status status;
	size_t len;
	char text[ANSWER_MAX]; /* printable ASCII or UTF-8, no NUL after it */
};

/*
 * Answers one query. name is the name of a table:
 *
 *   domains          a domain -> "relay", if Postfix accepts mail for it
 *   mailboxes        a domain -> "local", if its mailboxes are on this host
 *   recipients       an address -> "OK", if a rule of inbound holds for it and
 *                    its result can be written, or if its domain is accepted
 *                    and no rule of inbound names it
 *   recipients-open  the same, and "OK" for each domain that is not ours
 *   transport        an address -> transport:nexthop, or retry:... if its mail
 *                    must wait
 *   inbound          an address -> what it becomes as a recipient
 *   outbound         an address -> what it becomes as a sender
 *
 * A key that is not an address (or not a domain), that is too long, is not
 * UTF-8 or has an address literal as its domain is ANSWER_NOTFOUND. An address
 * may stand in quotes, or be in the internal form of Postfix. ANSWER_TEMP is
 * for an unknown name, when memory is out, and when the map cannot be read.
 *
 * autoroutes may be NULL: then nothing is known from DNS. Several threads may
 * call this at once, each with a reader of its own.
 */
void answer_query(struct map_reader *reader, const struct config *config,
	const struct autoroutes *autoroutes, struct bytes name,
	struct bytes key, struct answer *answer);

/* Makes it ANSWER_TEMP with that reason, cut to fit. */
void answer_fail(struct answer *answer, const char *reason);

#endif

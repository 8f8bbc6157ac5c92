/*
 * resolver: asks the DNS. Several threads may ask at once. An answer is asked
 * for once, and remembered until the resolver is closed.
 *
 * Tested by tests/e2e/dns.test.
 */
#ifndef READDRESS_RESOLVER_RESOLVER_H
#define READDRESS_RESOLVER_RESOLVER_H

/*
 * The wing resolver/: questions to the DNS.
 *
 *   reply   a question and its answer
 *   packet  packets, with ldns, which no other room knows
 *   wire    sends a question to a server and waits for the answer
 */

#include "resolver/reply.h"

struct resolver;

/*
 * Opens a resolver, which the caller closes. only is the server that answers
 * everything, "ADDRESS" or "ADDRESS@PORT"; NULL: the name servers of
 * /etc/resolv.conf. Returns 0; ERR_USAGE if only is no address; ERR_NOMEM; or
 * ERR_NOENT if /etc/resolv.conf cannot be read or names no server.
 */
int resolver_open(struct resolver **resolver, const char *only,
	struct error *error) MUST_CHECK;
void resolver_close(struct resolver *resolver); /* may be NULL */

/*
 * The ask() of an reply_source, whose context is the resolver. Follows CNAME
 * records, ten at most. With server, asks that server alone, at port 53 and
 * without recursion; but a resolver that was opened with only asks that one. A
 * server that let two questions in a row pass, and has answered nothing for
 * 20 s, is not waited for again.
 */
int resolver_ask(void *context, struct arena *arena, const char *server,
	const char *name, enum reply_type type,
	struct reply *answer) MUST_CHECK;

#endif

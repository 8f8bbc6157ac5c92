/*
 * packet: makes and reads the packets of the DNS (RFC 1035, RFC 6891) with
 * ldns, which no other room knows. It does no I/O.
 *
 * Tested by tests/unit/resolver/test_resolver.c and tests/e2e/dns.test, and
 * fuzzed by tests/fuzz/fuzz_dns.c.
 */
#ifndef READDRESS_RESOLVER_PACKET_H
#define READDRESS_RESOLVER_PACKET_H

#include "resolver/reply.h"

#define PACKET_WHY_MAX 80 /* bytes of a reason, with its NUL */
#define PACKET_LINKS   10 /* CNAME records that are followed */

struct packet_question {
	const char *name;
	enum reply_type type;
	bool recursive; /* the server may ask others */
};

/* Makes the packet of a question with a random ID. edns tells the server that
 * longer answers may come. Returns the packet, which the caller frees, and
 * *size; NULL when out of memory, or when the name cannot be asked for. */
uint8_t *packet_make(const struct packet_question *question, bool edns,
	size_t *size) MUST_CHECK;

/*
 * Reads the answer to a question: follows the CNAME records in it, and copies
 * the records at their end into arena. If they lead to a name of which the
 * answer says nothing, next becomes that name; otherwise it is empty. Returns 1
 * and *reply; 0 and the reason if the packet is no answer; ERR_NOMEM. *retry
 * says that the server does not know EDNS.
 */
int packet_read(struct arena *arena, const struct packet_question *question,
	struct bytes packet, struct reply *reply, char next[REPLY_NAME_MAX],
	char why[PACKET_WHY_MAX], bool *retry) MUST_CHECK;

#endif

/*
 * dnszone: a source of answers for the checks of dns/, from a text, without a
 * network.
 *
 * Each line is "[@SERVER ]NAME TTL TYPE DATA", with the types of dns/reply.h
 * and the data as in a zone file, without quotes: MX has a preference and a
 * name ("." is the root), TLSA is hexadecimal. A line with @SERVER is for
 * questions to that server alone, and one without for questions to anybody. The
 * type CNAME is followed. The type DEAD says that questions for DATA, a type or
 * "*", get no answer. A name with no line does not exist.
 */
#ifndef READDRESS_DNSZONE_H
#define READDRESS_DNSZONE_H

#include "resolver/reply.h"

struct dnszone {
	const char *text;
	bool cache; /* the answers are not authoritative */
};

/* The ask() of a reply_source whose context is a struct dnszone. */
int dnszone_ask(void *context, struct arena *arena, const char *server,
	const char *name, enum reply_type type, struct reply *reply);

#endif

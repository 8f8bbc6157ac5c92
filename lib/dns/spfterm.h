/*
 * spfterm: the terms of an SPF record (RFC 7208 sections 4.6, 5, 6 and 12), and
 * its macros (section 7). It reads bytes from the network, allocates nothing
 * and asks nobody.
 *
 * Tested by tests/unit/dns/test_spf.c and fuzzed by tests/fuzz/fuzz_dns.c.
 */
#ifndef READDRESS_DNS_SPFTERM_H
#define READDRESS_DNS_SPFTERM_H

#include <stdint.h>

#include "base/bytes.h"

/* A domain name as RFC 1035 allows it, as text, with a NUL. */
#define SPFTERM_NAME_MAX 254

enum spfterm_kind {
	SPFTERM_ALL,
	SPFTERM_INCLUDE,
	SPFTERM_A,
	SPFTERM_MX,
	SPFTERM_PTR,
	SPFTERM_IP4,
	SPFTERM_IP6,
	SPFTERM_EXISTS,
	SPFTERM_REDIRECT, /* a modifier, as what follows */
	SPFTERM_EXP,
	SPFTERM_OTHER, /* an unknown modifier, which is ignored */
};

struct spfterm {
	enum spfterm_kind kind;
	char qualifier;	     /* '+', '-', '~' or '?' */
	struct bytes text;   /* all of it */
	struct bytes domain; /* the domain-spec; len 0: there is none */
	uint8_t octets[16];  /* of SPFTERM_IP4 (the first 4) and _IP6 */
	unsigned v4_prefix;  /* bits */
	unsigned v6_prefix;
};

/* Removes "v=spf1" and what follows from record, up to its first term. Returns
 * false if it is no SPF record. */
bool spfterm_begin(struct bytes *record);

/* Removes the next term. Returns 1 and the term; 0 at the end; -1 if it is not
 * one, with *term->text set. */
int spfterm_next(struct bytes *record, struct spfterm *term);

/* What macros stand for. */
struct spfterm_macros {
	const char *local;   /* of the sender */
	const char *sender;  /* the domain of the sender */
	const char *domain;  /* the domain whose record it is */
	const char *address; /* of the client */
	const char *helo;
	const char *validated; /* %{p}: the client's name; NULL: "unknown" */
};

/* True if the text contains %{p}, for which names must be looked up. */
bool spfterm_needs_name(struct bytes domain);

/* Writes a domain-spec with its macros expanded; of a name that is too long,
 * labels are left out at its beginning (section 7.3). Returns false if the
 * result cannot be a name. */
bool spfterm_expand(struct bytes domain, const struct spfterm_macros *macros,
	char name[SPFTERM_NAME_MAX]);

#endif

/*
 * spf: may a host send mail of a domain, as its SPF record says (RFC 7208)?
 *
 * Unlike a receiver, it goes on behind the mechanism that matches, so that it
 * finds what another receiver would stumble over: an error further on, and more
 * look-ups than receivers make.
 *
 * Tested by tests/unit/dns/test_spf.c.
 */
#ifndef READDRESS_DNS_SPF_H
#define READDRESS_DNS_SPF_H

#include "resolver/reply.h"

#define SPF_LOOKUPS_MAX 10 /* of the whole evaluation (section 4.6.4) */
#define SPF_VOID_MAX	2  /* look-ups that bring nothing */

enum spf_result {
	SPF_NONE,
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR, /* the DNS did not answer */
	SPF_PERMERROR, /* receivers cannot use the record */
};

struct spf {
	/* Set by the caller. */
	const struct reply_source *source;
	struct arena *arena;
	const char *domain;  /* of the sender */
	const char *address; /* of the client */
	const char *helo;

	/* Set by spf_check(). */
	enum spf_result result;
	/* "-all"; of SPF_TEMPERROR the question and why nobody answered; of
	 * SPF_PERMERROR what is wrong. NULL: nothing. */
	const char *reason;
	const char *record; /* the domain's own; NULL: there is none */
	unsigned lookups;
	unsigned voids;
};

/* Evaluates the record for <postmaster@domain>. Returns 0 or ERR_NOMEM. */
int spf_check(struct spf *spf) MUST_CHECK;

const char *spf_result_name(enum spf_result result); /* "pass" and so on */

#endif

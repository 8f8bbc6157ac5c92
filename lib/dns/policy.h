/*
 * policy: what a domain publishes about its mail beside SPF: DMARC (RFC 7489),
 * MTA-STS (RFC 8461) and TLS reporting (RFC 8460). It reads bytes from the
 * network, allocates nothing and asks nobody.
 *
 * Tested by tests/unit/dns/test_policy.c and fuzzed by tests/fuzz/fuzz_dns.c.
 */
#ifndef READDRESS_DNS_POLICY_H
#define READDRESS_DNS_POLICY_H

#include "base/bytes.h"

enum policy_found {
	POLICY_NONE,	/* the text is something else */
	POLICY_DAMAGED, /* it is meant to be one, but breaks the RFC */
	POLICY_FOUND,
};

struct policy_dmarc {
	struct bytes policy;	/* "none", "quarantine" or "reject" */
	struct bytes subdomain; /* the same for sub-domains */
	bool strict_dkim;	/* alignment: the same domain, not one below */
	bool strict_spf;
};
enum policy_found policy_read_dmarc(
	struct bytes text, struct policy_dmarc *dmarc);

/* Reads the TXT record of _mta-sts. *id is a part of text. */
enum policy_found policy_read_sts_record(struct bytes text, struct bytes *id);

/* The policy of MTA-STS, as https://mta-sts.DOMAIN/.well-known/mta-sts.txt has
 * it. */
struct policy_sts {
	struct bytes mode; /* "enforce", "testing" or "none" */
	struct bytes text; /* for policy_sts_lists() */
};
enum policy_found policy_read_sts(struct bytes text, struct policy_sts *sts);

/* True if the policy lists a host of this name, by itself or as "*.example". */
bool policy_sts_lists(const struct policy_sts *sts, const char *host);

/* Reads the TXT record of _smtp._tls. */
enum policy_found policy_read_tlsrpt(struct bytes text);

#endif

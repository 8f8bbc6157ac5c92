/*
 * domains: the checks of doctor about the domains of inbound rules, and whether
 * Postfix takes mail for them. Each tells what is wrong by diagnosis_say(), and
 * nothing when all is well. Each returns 0, ERR_NOMEM, or what diagnosis->found
 * returned.
 */
#ifndef READDRESS_RELAY_DOMAINS_H
#define READDRESS_RELAY_DOMAINS_H

/*
 * The wing relay/: the checks of `readdress doctor` about what Postfix takes,
 * and where it sends it.
 *
 *   relayrecipients  for whom Postfix takes mail
 *   routes           next hops, and domains that are held
 *   lookupservice    our tables that Postfix asks
 *   openrelay        strangers who may send through this relay
 *   rewriting        tables of Postfix that change addresses of our rules
 */

#include "diagnosis/diagnosis.h"

/* Which domains of inbound rules. Those of sub-domain rules are
 * "*.example.com".
 */
enum domains_place { DOMAINS_SOURCES, DOMAINS_TARGETS };

typedef int domains_look(void *context, struct bytes domain);

/* Calls look for each of the domains in memcmp() order, once, until it returns
 * other than 0; then returns that. Returns 0, also without a map; or ERR_NOMEM,
 * ERR_IO or ERR_BAD when the map cannot be read. */
int domains_each(struct diagnosis *diagnosis, enum domains_place place,
	domains_look *look, void *context) MUST_CHECK;

/* True if the transport, "smtp:[192.0.2.1]", leads elsewhere than to the MX of
 * the domain. */
bool domains_transport_leads(const char *transport);

int domains_check(struct diagnosis *diagnosis) MUST_CHECK;
/* Looks whether an instance without the milter keeps mail for domains of
 * inbound rules to itself. */
int domains_check_elsewhere(struct diagnosis *diagnosis) MUST_CHECK;
int domains_check_shadow_loop(struct diagnosis *diagnosis) MUST_CHECK;

#endif

/*
 * domains: the check of doctor about the domains of inbound rules, and whether
 * Postfix takes mail for them. It tells what is wrong by diagnosis_say(), and
 * nothing when all is well. Returns 0, ERR_NOMEM, or what diagnosis->found
 * returned.
 */
#ifndef READDRESS_RELAY_DOMAINS_H
#define READDRESS_RELAY_DOMAINS_H

/*
 * The wing relay/: the checks of `readdress doctor` about what Postfix takes,
 * and where it sends it.
 *
 *   domaingroup      domains that a finding names, and the commands for them
 *   shadowloop       mail that is not rewritten, and comes back
 *   relayrecipients  for whom Postfix takes mail
 *   routes           next hops, and domains that are held
 *   lookupservice    our tables that Postfix asks
 *   openrelay        strangers who may send through this relay
 *   rewriting        tables of Postfix that change addresses of our rules
 *   mapping          what such a table makes of each address
 *   nexthop          where Postfix sends the mail of a domain
 */

#include "diagnosis/diagnosis.h"

int domains_check(struct diagnosis *diagnosis) MUST_CHECK;

#endif

/*
 * checkdomains: what is doubtful about the domains of the inbound table: users
 * whom no rule names, and a target domain that is probably misspelt; and about
 * routes for domains that it does not have. For check.c.
 */
#ifndef READDRESS_CHECK_CHECKDOMAINS_H
#define READDRESS_CHECK_CHECKDOMAINS_H

#include "check/finding.h"

struct checkdomains;

/* NULL when out of memory. checkdomains_close it, NULL too. */
struct checkdomains *checkdomains_open(struct arena *arena) MUST_CHECK;
void checkdomains_close(struct checkdomains *domains);

/* Counts the domains of an inbound rule, whose bytes must live as long. 0,
 * ERR_NOMEM or ERR_BAD. */
int checkdomains_add(struct checkdomains *domains,
	const struct finding_rule *rule) MUST_CHECK;

/*
 * Reports, in the order of domains: source domains with rules for users and
 * none for all others; then target domains to which one rule alone leads while
 * CHECKDOMAINS_MANY or more lead to a domain that differs in one character
 * (inserted, left out, changed, or two that stand next to each other swapped).
 * Where there are very many domains, not all pairs are compared
 * (CHECKDOMAINS_PAIRS). Returns as checkrule_run.
 */
int checkdomains_report(
	struct checkdomains *domains, struct finding_run *check) MUST_CHECK;

/*
 * After checkdomains_report. Reports a row of routes whose domain no rule
 * names: one that is written like a domain of inbound but for one such slip;
 * and a next hop, or "remote", which is for no mail of the rules. rule->target
 * is all of its value. Returns as checkrule_run.
 */
int checkdomains_route(struct checkdomains *domains, struct finding_run *check,
	const struct finding_rule *rule) MUST_CHECK;

#define CHECKDOMAINS_MANY  3
#define CHECKDOMAINS_PAIRS 200000000u

#endif

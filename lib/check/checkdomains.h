/*
 * checkdomains: doubtful domains. In the inbound table, these are domains with
 * rules for some users only, and target domains that are probably misspelt; in
 * routes, domains that no rule names. Called by check alone. Tested by
 * tests/unit/check/test_check.c.
 *
 * Every function here that returns int returns 0; or ERR_NOMEM; or ERR_IO or
 * ERR_BAD if the map cannot be read. Those that report may also return what
 * options->found returned; then check->stopped is set.
 */
#ifndef READDRESS_CHECK_CHECKDOMAINS_H
#define READDRESS_CHECK_CHECKDOMAINS_H

#include "base/arena.h"
#include "check/finding.h"

struct checkdomains;

/* Returns NULL if memory is exhausted. checkdomains_close() frees it, and does
 * nothing for NULL. */
struct checkdomains *checkdomains_open(struct arena *arena) MUST_CHECK;
void checkdomains_close(struct checkdomains *domains);

/* Counts the domains of an inbound rule. The rule's bytes must live as long as
 * domains. */
int checkdomains_add(struct checkdomains *domains,
	const struct finding_rule *rule) MUST_CHECK;

/*
 * Reports the source domains with rules for users but none for all others, then
 * the target domains that are probably misspelt, each in the order of domains.
 * A target domain is probably misspelt if only one rule leads to it while at
 * least CHECKDOMAINS_MANY rules lead to a domain that differs by one typing
 * error: one character inserted, left out or changed, or two neighbours
 * swapped. At most CHECKDOMAINS_PAIRS pairs of domains are compared.
 */
int checkdomains_report(
	struct checkdomains *domains, struct finding_run *check) MUST_CHECK;

/*
 * Reports a row of routes whose domain no rule names, if that domain differs
 * from one of inbound by one typing error, or if the route is a next hop alone,
 * "remote" or "hold", which then has no effect on the mail of any rule.
 * rule->target must be the route. checkdomains_report() must have been called
 * before.
 */
int checkdomains_route(struct checkdomains *domains, struct finding_run *check,
	const struct finding_rule *rule) MUST_CHECK;

#define CHECKDOMAINS_MANY  3
#define CHECKDOMAINS_PAIRS 200000000u

#endif

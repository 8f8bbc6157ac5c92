/*
 * ruledomains: the domains of inbound rules, each once.
 */
#ifndef READDRESS_DIAGNOSIS_RULEDOMAINS_H
#define READDRESS_DIAGNOSIS_RULEDOMAINS_H

#include "diagnosis/diagnosis.h"

/* Which domains of inbound rules. Those of sub-domain rules are
 * "*.example.com".
 */
enum ruledomains_place { RULEDOMAINS_SOURCES, RULEDOMAINS_TARGETS };

typedef int ruledomains_look(void *context, struct bytes domain);

/* Calls look for each of the domains in memcmp() order, once, until it returns
 * other than 0; then returns that. Returns 0, also without a map; or ERR_NOMEM,
 * ERR_IO or ERR_BAD when the map cannot be read. */
int ruledomains_each(struct diagnosis *diagnosis, enum ruledomains_place place,
	ruledomains_look *look, void *context) MUST_CHECK;

#endif

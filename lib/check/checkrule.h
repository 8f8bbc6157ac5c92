/*
 * checkrule: finds what is doubtful about one rule, with regard to both tables.
 * Called by check and checkdomains. Tested by tests/unit/check/test_check.c.
 *
 * Every function here returns 0; or ERR_NOMEM; or ERR_IO or ERR_BAD if the map
 * cannot be read. Those that report may also return what options->found
 * returned; then check->stopped is set.
 */
#ifndef READDRESS_CHECK_CHECKRULE_H
#define READDRESS_CHECK_CHECKRULE_H

#include "check/finding.h"

/* Reports what is doubtful about the rule and each of its targets. */
int checkrule_run(
	struct finding_run *check, struct finding_rule *rule) MUST_CHECK;

/* Looks for the sub-domain rule that applies to a domain without a rule of its
 * own:
 * "@*." and the longest parent domain that has such a rule. domain is in
 * lower-case A-labels. Returns 1 and sets *value, which is valid as long as the
 * map, or returns 0 if there is none. */
int checkrule_find_parent(const struct finding_run *check,
	enum rule_table table, struct bytes domain,
	struct bytes *value) MUST_CHECK;

/* Reports a rule that `readdress load` would refuse today. */
int checkrule_refused(
	struct finding_run *check, const struct finding_rule *rule) MUST_CHECK;

#endif

/*
 * checkrule: what is doubtful about one rule, seen with both tables. For
 * check.c.
 */
#ifndef READDRESS_CHECK_CHECKRULE_H
#define READDRESS_CHECK_CHECKRULE_H

#include "check/finding.h"

/* Looks at the rule and each of its targets. 0; what options->found returned,
 * and check->stopped; or ERR_NOMEM, ERR_IO, ERR_BAD. */
int checkrule_run(
	struct finding_run *check, struct finding_rule *rule) MUST_CHECK;

/* The sub-domain rule that holds for a domain (lower-case A-labels) which has
 * no rule of its own: "@*.a.com" of its parents, the longest first. 1 and
 * *value, which lives as long as the map; 0; or as map_get. */
int checkrule_find_parent(const struct finding_run *check,
	enum rule_table table, struct bytes domain,
	struct bytes *value) MUST_CHECK;

/* Reports a rule that load would refuse today. As checkrule_run. */
int checkrule_refused(
	struct finding_run *check, const struct finding_rule *rule) MUST_CHECK;

#endif

/*
 * roundtrip: checks that one table is the inverse of the other, for one rule
 * and one of its targets. Tested by tests/unit/check/test_check.c.
 *
 * Every function here returns 0; or ERR_NOMEM; or ERR_IO or ERR_BAD if the map
 * cannot be read. Those that report may also return what options->found
 * returned; then check->stopped is set.
 */
#ifndef READDRESS_CHECK_ROUNDTRIP_H
#define READDRESS_CHECK_ROUNDTRIP_H

#include "check/finding.h"

/* Reports an inbound rule if outbound does not lead back from its target to its
 * source. */
int roundtrip_inbound(
	struct finding_run *check, const struct finding_rule *rule) MUST_CHECK;

/* Reports an outbound rule if answers to its target, the address that is shown
 * outside, do not reach its source. Does not report a domain that inbound has
 * no rule for. */
int roundtrip_outbound(
	struct finding_run *check, const struct finding_rule *rule) MUST_CHECK;

/* Returns 1 if outbound rewrites the target of this inbound rule to an address
 * that leads to the target, which may be the source or an alias of it; 0 if
 * not. */
int roundtrip_shown(const struct finding_run *check,
	const struct finding_rule *rule) MUST_CHECK;

#endif

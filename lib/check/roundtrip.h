/*
 * roundtrip: is one table the inverse of the other, seen from one rule and one
 * of its targets? For checkrule.c. What reports returns as checkrule_run.
 */
#ifndef READDRESS_CHECK_ROUNDTRIP_H
#define READDRESS_CHECK_ROUNDTRIP_H

#include "check/finding.h"

/* Inbound: does outbound lead back from the target to the source? */
int roundtrip_inbound(
	struct finding_run *check, const struct finding_rule *rule) MUST_CHECK;

/* Outbound: do answers to the target, which shows outside, come to the source?
 * Nothing is said of a domain that inbound does not know. */
int roundtrip_outbound(
	struct finding_run *check, const struct finding_rule *rule) MUST_CHECK;

/* Of a rule of inbound: does outbound make of the target an address that leads
 * to it, the source or an alias of it? 1, 0, or as node_follow. */
int roundtrip_shown(const struct finding_run *check,
	const struct finding_rule *rule) MUST_CHECK;

#endif

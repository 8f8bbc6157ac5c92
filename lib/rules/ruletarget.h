/*
 * ruletarget: checks the target of a rule and spells it as the map stores it;
 * with the source, it makes the whole rule.
 */
#ifndef READDRESS_RULES_RULETARGET_H
#define READDRESS_RULES_RULETARGET_H

#include "base/arena.h"
#include "base/error.h"
#include "rules/rule.h"

/*
 * Checks source and target and makes the rule in arena. Spaces and invisible
 * characters around both are dropped; those within are refused (precis.h).
 * allow_utf8 says whether the local part of a target may contain UTF-8. Returns
 * 0; ERR_BAD with a reason that names the wrong text, like: target "bob" has no
 * domain; ERR_NOMEM.
 */
int rule_make(struct arena *arena, enum rule_table table, struct bytes source,
	struct bytes target, bool allow_utf8, struct rule *rule,
	struct error *error) MUST_CHECK;

/*
 * Tells whether rule_make() would refuse this rule of a map, or would read it
 * as a different rule. A map may contain rules that earlier versions accepted;
 * they continue to work. UTF-8 in the local part of a target is allowed here.
 * Returns 0 for no; 1 for yes, with the reason in error; ERR_NOMEM.
 */
int rule_refused(enum rule_table table, const struct rule *rule,
	struct error *error) MUST_CHECK;

#endif

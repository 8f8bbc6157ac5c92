/*
 * ruletarget: the right side of a rule, checked and spelt as the map holds it;
 * and with its source, the whole rule.
 */
#ifndef READDRESS_RULES_RULETARGET_H
#define READDRESS_RULES_RULETARGET_H

#include "base/arena.h"
#include "base/error.h"
#include "rules/rule.h"

/*
 * Checks source and target (spaces and invisible characters around them are
 * dropped, those within refused: precis.h) and makes the rule in arena.
 * allow_utf8: may a target's local part hold UTF-8?
 * Returns 0, ERR_NOMEM, or ERR_BAD with the reason, which names the text that
 * is wrong: target "bob" has no domain.
 */
int rule_make(struct arena *arena, enum rule_table table, struct bytes source,
	struct bytes target, bool allow_utf8, struct rule *rule,
	struct error *error) MUST_CHECK;

/*
 * Would rule_make refuse this rule of a map, or read it as another one? Maps
 * may hold what earlier versions took; it goes on working. targets in UTF-8 are
 * no reason. Returns 0 for no; 1 for yes, with the reason in error; ERR_NOMEM.
 */
int rule_refused(enum rule_table table, const struct rule *rule,
	struct error *error) MUST_CHECK;

#endif

/*
 * rulesource: the left side of a rule, checked, and the key that the map holds
 * of it; and what the right side is checked for, too.
 */
#ifndef READDRESS_RULES_RULESOURCE_H
#define READDRESS_RULES_RULESOURCE_H

#include "base/error.h"
#include "rules/rule.h"

/* The key alone, as rule_make would make it from source: for delete and lookup
 * of a rule by its source. Takes every character that a map may hold, also
 * those that rule_make refuses today, and drops blanks alone. Returns its
 * length, or ERR_BAD, ERR_NOMEM. */
int rule_source_key(enum rule_table table, struct bytes source,
	char key[ADDRESS_KEY_MAX], struct error *error) MUST_CHECK;

/* "@domain", and no source route: "@[IPv6:::1]" is, "@a:b@c" is not. */
bool rulesource_is_domain(struct bytes text);

/* "target "bob" has no domain", role being "target" or "source". The text is
 * cut where it would fill the line. Returns ERR_BAD. */
int rulesource_refuse(struct error *error, const char *role, struct bytes text,
	const char *reason);

/* Refuses text that is not UTF-8, or holds a character that no address in a
 * rule may hold (precis_find; a space outside quotes), which it names. Returns
 * 0 or ERR_BAD. */
int rulesource_check_characters(
	struct error *error, const char *role, struct bytes text) MUST_CHECK;

#endif

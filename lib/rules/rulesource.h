/*
 * rulesource: checks the source of a rule and makes the key under which the map
 * stores it. Some of its checks are for targets, too.
 *
 * Tested by tests/unit/rules/.
 */
#ifndef READDRESS_RULES_RULESOURCE_H
#define READDRESS_RULES_RULESOURCE_H

#include "base/error.h"
#include "rules/rule.h"

/* Writes the key that rule_make() would make from source, to delete or look up
 * a rule by its source. It accepts every character that a map may contain, also
 * those that rule_make() refuses today, and strips only blanks. Returns the
 * length; ERR_BAD with the reason in error; ERR_NOMEM. */
int rule_source_key(enum rule_table table, struct bytes source,
	char key[ADDRESS_KEY_MAX], struct error *error) MUST_CHECK;

/* True if text is "@domain" and not a source route: "@[IPv6:::1]" is a domain,
 * "@a:b@c" is not. */
bool rulesource_is_domain(struct bytes text);

/* Writes an error like: target "bob" has no domain. role is "target" or
 * "source". A long text is cut. Returns ERR_BAD. */
int rulesource_refuse(struct error *error, const char *role, struct bytes text,
	const char *reason);

/* Refuses a text that is not UTF-8, or that contains a character that an
 * address in a rule may not contain (precis_find(), or a space outside quotes);
 * the error names the character. Returns 0 or ERR_BAD. */
int rulesource_check_characters(
	struct error *error, const char *role, struct bytes text) MUST_CHECK;

#endif

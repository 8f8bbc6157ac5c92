/*
 * ruletarget: the right side of a rule, checked and spelt as the map holds it.
 * A part of rule, called by rule.c alone.
 */
#ifndef READDRESS_RULETARGET_H
#define READDRESS_RULETARGET_H

#include "rules/rule.h"

#define RULETARGET_MAX 65535 /* octets of all targets of a rule */

struct ruletarget {
	char text[RULETARGET_MAX]; /* targets joined with ",", or the route */
	size_t len;
	enum rule_kind kind; /* of the rule */
};

/*
 * Reads the target of the rule for key (rule_source_key). allow_utf8 as for
 * rule_make. Returns 0; ERR_BAD with the text that is wrong and the reason;
 * ERR_NOMEM.
 */
int ruletarget_read(struct ruletarget *made, enum rule_table table,
	struct bytes key, struct bytes target, bool allow_utf8,
	struct error *error) MUST_CHECK;

/* What sources need, too. */

/* "@domain", and no source route: "@[IPv6:::1]" is, "@a:b@c" is not. */
bool ruletarget_is_domain(struct bytes text);

/* "target "bob" has no domain", role being "target" or "source". The text is
 * cut where it would fill the line. Returns ERR_BAD. */
int ruletarget_refuse(struct error *error, const char *role, struct bytes text,
	const char *reason);

/* Refuses text that is not UTF-8, or holds a character that no address in a
 * rule may hold (precis_find; a space outside quotes), which it names. Returns
 * 0 or ERR_BAD. */
int ruletarget_check_characters(
	struct error *error, const char *role, struct bytes text) MUST_CHECK;

#endif

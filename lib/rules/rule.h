/*
 * rule: one row of a table, "Source;Target", as the map holds it. What the
 * kinds mean stands in readdress(1), Rules. Who makes one: ruletarget.h.
 */
#ifndef READDRESS_RULES_RULE_H
#define READDRESS_RULES_RULE_H

/*
 * The wing rules/: the rules as the map holds them, one row or many.
 *
 *   rulesource  checks the left side of a rule and makes its key
 *   ruletarget  checks the right side, and makes the whole rule
 *   row         rules with the place that they came from
 *   rowsort     sorts rows by key
 */

#include "mail/address.h"

enum rule_table {
	RULE_INBOUND,
	RULE_OUTBOUND,
	RULE_ROUTES,
	RULE_TABLES /* how many */
};

enum rule_kind {
	RULE_USER,	/* bob@a.com   -> one or more whole addresses */
	RULE_DOMAIN,	/* @a.com      -> @b.com */
	RULE_SUBDOMAIN, /* @*.a.com    -> @b.com */
	RULE_CATCHALL,	/* @a.com or @*.a.com -> all@b.com */
	RULE_EXCEPTION, /* anything to itself */
	RULE_KINDS	/* how many */
};

/*
 * A rule as the map holds it. key: address_key of the source ("bob@a.com",
 * "@a.com", "@*.a.com"). value: one octet for the kind, then the targets
 * as they are printed, joined with ",": the CSV's spelling, domains as
 * A-labels, local parts quoted where needed, no blanks around them.
 */
struct rule {
	struct bytes key;
	struct bytes value;
};

const char *rule_table_name(enum rule_table table); /* "inbound" ... */
const char *rule_kind_name(enum rule_kind kind);    /* "user", "domain",
					"sub-domain", "catch-all", "exception" */
/* Returns the table, or -1 when the name is none. */
int rule_table_find(const char *name);

/* The octet with which the values of this kind begin. */
char rule_kind_octet(enum rule_kind kind);

/* Kind of a value of the map; RULE_KINDS when it is damaged. */
enum rule_kind rule_value_kind(struct bytes value);

/* The targets' text, behind the kind's octet. */
struct bytes rule_value_targets(struct bytes value);

/* Cuts the first target from *targets (quotes honoured) into *target.
 * Returns false when none is left. */
bool rule_next_target(struct bytes *targets, struct bytes *target);

/* True if two targets, or all targets of two values, are the same but for the
 * case of letters in their domains. */
bool rule_same_target(struct bytes a, struct bytes b);
bool rule_same_value(struct bytes a, struct bytes b);

/* Source as it is written in a CSV: the key, with its local part quoted where
 * needed. NUL-terminated; returns the length. */
size_t rule_source_text(struct bytes key, char text[ADDRESS_TEXT_MAX]);

/* A rule for a whole domain, its sub-domains or a catch-all: the key begins
 * with its only "@" (a quoted local part may begin with one, too). */
static inline bool rule_key_is_domain(struct bytes key)
{
	return key.len > 1 && key.data[0] == '@' &&
	       !memchr(key.data + 1, '@', key.len - 1);
}

#endif

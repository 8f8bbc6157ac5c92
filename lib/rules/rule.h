/*
 * rule: one row of a table, "Source;Target", as the map stores it.
 * readdress(1), Rules, says what the kinds mean. ruletarget.h makes rules from
 * text.
 */
#ifndef READDRESS_RULES_RULE_H
#define READDRESS_RULES_RULE_H

/*
 * The wing rules/: the rules as the map stores them, one row or many.
 *
 *   rulesource  checks the source of a rule and makes its key
 *   ruletarget  checks the target, and makes the whole rule
 *   route       checks and reads the value of a row of routes
 *   row         rules with the line that they came from
 *   rowsort     sorts rows by key
 */

#include "mail/address.h"

enum rule_table {
	RULE_INBOUND,
	RULE_OUTBOUND,
	RULE_ROUTES,
	RULE_TABLES /* the number of tables */
};

enum rule_kind {
	RULE_USER,	/* bob@a.com   -> one or more whole addresses */
	RULE_DOMAIN,	/* @a.com      -> @b.com */
	RULE_SUBDOMAIN, /* @*.a.com    -> @b.com */
	RULE_CATCHALL,	/* @a.com or @*.a.com -> all@b.com */
	RULE_EXCEPTION, /* anything to itself */
	RULE_KINDS	/* the number of kinds */
};

/*
 * A rule as the map stores it. key is the address_key() of the source
 * ("bob@a.com", "@a.com", "@*.a.com"). value is one byte for the kind, and then
 * the targets as they are printed, joined with ",": spelt as in the CSV, with
 * domains as A-labels, local parts in quotes if needed, and no blanks around
 * them.
 */
struct rule {
	struct bytes key;
	struct bytes value;
};

const char *rule_table_name(enum rule_table table); /* "inbound" ... */
const char *rule_kind_name(enum rule_kind kind);    /* "user", "domain",
					"sub-domain", "catch-all", "exception" */
/* Returns the table with this name, or -1 if there is none. */
int rule_table_find(const char *name);

/* Returns the byte with which the values of this kind begin. */
char rule_kind_octet(enum rule_kind kind);

/* Returns the kind of a value of the map, or RULE_KINDS if the value is
 * damaged. */
enum rule_kind rule_value_kind(struct bytes value);

/* Returns the text of the targets, which follows the byte of the kind. */
struct bytes rule_value_targets(struct bytes value);

/* Removes the first target from *targets, with respect for quotes, and stores
 * it in *target. Returns false if none is left. */
bool rule_next_target(struct bytes *targets, struct bytes *target);

/* Returns where the domain of a target begins, which is after its last "@"; 0
 * if it has none. */
size_t rule_domain_off(struct bytes target);

/* True if two targets, or all targets of two values, are the same when the case
 * of letters in their domains is ignored. */
bool rule_same_target(struct bytes a, struct bytes b);
bool rule_same_value(struct bytes a, struct bytes b);

/* Writes the source as in a CSV file: the key, with its local part in quotes if
 * needed, and a NUL. Returns the length. */
size_t rule_source_text(struct bytes key, char text[ADDRESS_TEXT_MAX]);

/* True if this is the key of a rule for a whole domain, for its sub-domains or
 * for a catch-all: its only "@" is the first character. (A quoted local part
 * may begin with "@", too.) */
static inline bool rule_key_is_domain(struct bytes key)
{
	return key.len > 1 && key.data[0] == '@' &&
	       !memchr(key.data + 1, '@', key.len - 1);
}

/* Returns the domain of a source: "a.com" for the keys "bob@a.com" and
 * "@a.com", "*.a.com" for "@*.a.com". It points into key. */
static inline struct bytes rule_key_domain(struct bytes key)
{
	size_t at = key.len;

	while (at && key.data[at - 1] != '@')
		at--;
	return (struct bytes){ key.data + at, key.len - at };
}

#endif

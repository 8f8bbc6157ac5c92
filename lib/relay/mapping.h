/*
 * mapping: what tables of Postfix make of the addresses of our rules.
 */
#ifndef READDRESS_RELAY_MAPPING_H
#define READDRESS_RELAY_MAPPING_H

#include "diagnosis/diagnosis.h"

#define MAPPING_NAMED_MAX 3 /* addresses in one finding */

/* What an address is in our rules. */
#define MAPPING_IN_SOURCE  1u
#define MAPPING_IN_TARGET  2u
#define MAPPING_OUT_SOURCE 4u
#define MAPPING_OUT_TARGET 8u

struct mapping_subject {
	struct bytes address; /* "bob@new.example" */
	struct bytes domain;
	unsigned roles;
};

/* What one table of Postfix makes of an address of ours. */
struct mapping_change {
	const struct mapping_subject *subject;
	const char *key; /* of the table: the address, or "@domain" */
	const char *result;
	bool back; /* the result is the source of an inbound rule */
};

/* The addresses, and what is made of them by the table that is asked. */
struct mapping {
	struct diagnosis *diagnosis;
	struct map_reader *reader;
	bool wants_back; /* the check is target-back */
	struct mapping_subject *subjects;
	size_t count;
	size_t room;
	/* The parameter that is looked at. */
	const char *parameter;
	const char *classes; /* its list of classes; NULL: it has none */
	const struct postfix_service *service; /* it is this one's; or NULL */
	struct mapping_change changes[MAPPING_NAMED_MAX];
	size_t changed;
	unsigned roles; /* of all that are changed */
};

/* Gathers the addresses of all rules of the table for domains, and of some for
 * users. Returns 0, ERR_NOMEM, or an error of map_walk_next(). */
int mapping_gather(struct mapping *mapping, enum rule_table table) MUST_CHECK;

/* Notes that the table has value for the key. A value that changes nothing is
 * none. Returns 0, ERR_NOMEM, or an error of lookup_find(). */
int mapping_note(struct mapping *mapping, const struct mapping_subject *subject,
	struct bytes key, struct bytes value) MUST_CHECK;

/* Asks a table for all addresses with one of the roles, or for their domains,
 * and notes what it has. Returns 0; 1 if it cannot be asked; or an error of
 * mapping_note(). */
int mapping_ask(struct mapping *mapping, struct bytes table, unsigned roles,
	bool domains) MUST_CHECK;

#endif

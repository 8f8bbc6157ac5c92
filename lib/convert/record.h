/*
 * record: what the readers of this wing find in an export: mailboxes with their
 * addresses, and pairs of source and target where the export has them; and what
 * is left out, counted. Tested by tests/unit/convert/test_convert.c.
 */
#ifndef READDRESS_CONVERT_RECORD_H
#define READDRESS_CONVERT_RECORD_H

#include "base/arena.h"
#include "base/error.h"

enum record_kind {
	RECORD_PRIMARY,	  /* marked as the primary address */
	RECORD_MAIL,	  /* the primary one unless another is marked */
	RECORD_ALIAS,	  /* another address of the mailbox */
	RECORD_TARGET,	  /* where the directory says that the mailbox is */
	RECORD_SECONDARY, /* may be a source, but never a target */
	RECORD_X500,	  /* "/o=Org/ou=.../cn=bob" */
	RECORD_OTHER	  /* SIP and others */
};

struct record_address {
	enum record_kind kind;
	struct bytes text;
};

/* A mailbox. */
struct record {
	uint32_t line; /* where it begins; 1 is the first */
	struct record_address *addresses;
	size_t count;
	size_t room;
};

/* A row that the export has as such. */
struct record_pair {
	uint32_t line;
	struct bytes source;
	struct bytes target;
};

/* Why something is left out. */
enum record_left {
	RECORD_LEFT_X500,
	RECORD_LEFT_OTHER,
	RECORD_LEFT_ALIAS,
	RECORD_LEFT_NO_TARGET,
	RECORD_LEFT_NO_SOURCE,
	RECORD_LEFT_NO_PRIMARY,
	RECORD_LEFT_DOMAIN,
	RECORD_LEFT_MANY,
	RECORD_LEFT_ONE_WAY,
	RECORD_LEFT_LOCAL,
	RECORD_LEFT_MARK,
	RECORD_LEFT_EMPTY,
	RECORD_LEFT_REFUSED,
	RECORD_LEFTS
};

struct records {
	struct arena *arena; /* of everything here */
	struct record *list;
	size_t count;
	size_t room;
	struct record_pair *pairs;
	size_t pair_count;
	size_t pair_room;
	uint64_t left[RECORD_LEFTS];
};

/* Returns what is left out for this reason, in the plural: "X500 addresses". A
 * static string. */
const char *record_left_text(enum record_left left);

/* Adds a mailbox without addresses, which is valid until the next one is added.
 * Returns NULL when out of memory. */
struct record *records_add(struct records *records, uint32_t line) MUST_CHECK;

/* Adds an address to a mailbox. Returns 0; or ERR_NOMEM with its text. */
int record_add(struct records *records, struct record *record,
	enum record_kind kind, struct bytes text,
	struct error *error) MUST_CHECK;

/* Adds a pair. Returns 0; or ERR_NOMEM with its text. */
int records_pair(struct records *records, uint32_t line, struct bytes source,
	struct bytes target, struct error *error) MUST_CHECK;

#endif

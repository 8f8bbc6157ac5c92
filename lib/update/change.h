/*
 * change: the types of a change of a table: how its rows are used (mode and
 * scope), what happens to each row (kind), and the counts of the result. Tested
 * by tests/unit/update/test_update.c.
 */
#ifndef READDRESS_UPDATE_CHANGE_H
#define READDRESS_UPDATE_CHANGE_H

#include "base/error.h"
#include "map/digest.h"
#include "rules/row.h"

enum change_mode {
	CHANGE_REPLACE, /* the table becomes exactly the rows (within scope) */
	CHANGE_MERGE,	/* rows are added and changed, none deleted */
	CHANGE_DELETE,	/* the rows' keys are deleted; values are ignored */
};

enum change_scope { CHANGE_ALL, CHANGE_USERS, CHANGE_DOMAINS };

enum change_kind {
	CHANGE_NEW,
	CHANGE_CHANGED,
	CHANGE_UNCHANGED,
	CHANGE_DELETED,
	CHANGE_KINDS
};

/* True if a rule with this key is within scope. */
static inline bool change_in_scope(enum change_scope scope, struct bytes key)
{
	return scope == CHANGE_ALL ||
	       rule_key_is_domain(key) == (scope == CHANGE_DOMAINS);
}

struct change {
	enum rule_table table;
	enum change_mode mode;
	/* CHANGE_REPLACE keeps the old rows that are not in scope. A row that
	 * is not in scope in rows is ERR_BAD in any mode. */
	enum change_scope scope;
	/* Together with scope: only sources of these domains are in scope
	 * (rule_key_domain()). domain_count 0: those of every domain. */
	const struct bytes *domains;
	size_t domain_count;
	const struct row *rows; /* sorted by key, each key once */
	size_t count;
	bool refuse_existing;	/* a key that exists is ERR_BAD (`add`) */
	bool require_existing;	/* a key that does not exist is ERR_NOTFOUND
				   (`delete`) */
	bool dry_run;		/* nothing is written */
	bool force;		/* nothing is refused for what it deletes */
	unsigned max_delete;	/* the most rows that CHANGE_REPLACE deletes, in
				   percent of those in scope, if there are over
				   3 of them */
	bool max_delete_always; /* max_delete applies to any number */
	const char *input;	/* the rows' file, for messages; may be NULL */
	const char *command;	/* for the metadata: "load inbound a.csv" */
	const char *note;	/* for the audit log; may be NULL */
	/* Called for each row that is new, changed or deleted, in the order of
	 * keys; may be NULL. old_value or new_value has data NULL if there is
	 * none. */
	void (*changed)(void *context, enum change_kind kind, struct bytes key,
		struct bytes old_value, struct bytes new_value);
	/* Called now and then with the number of rows written and of all rows;
	 * may be NULL. */
	void (*progress)(void *context, uint64_t rows, uint64_t of);
	void *context;
};

struct change_result {
	/* CHANGE_UNCHANGED counts the given rows that exist already. Old rows
	 * that are not among the given ones are not counted. */
	uint64_t counts[CHANGE_KINDS];
	/* The same by the kind of the new value, or of the old one for deleted
	 * rows. */
	uint64_t by_kind[CHANGE_KINDS][RULE_KINDS];
	/* The new generation; or, if unchanged or dry_run, the newest, which is
	 * 0 if there is none. */
	uint64_t generation;
	bool unchanged; /* no row changed, so no generation was made */
	/* Of the rules of that generation; "": there is none. */
	char digest[DIGEST_LEN + 1];
};

/* True if the domain of this key is one of count domains, or count is 0. */
bool change_in_domains(
	const struct bytes *domains, size_t count, struct bytes key);

/* True if a rule with this key is within scope and domains of the change. */
bool change_concerns(const struct change *change, struct bytes key);

/* Counts a row. value is its new value, or its old one if there is no new one.
 * Returns 0; or ERR_BAD, with a text in *error, if its kind is unknown. */
int change_count(struct change_result *result, enum change_kind kind,
	struct bytes key, struct bytes value, struct error *error) MUST_CHECK;

/* Describes a result as in the audit log: "inbound: 2 domains added, 1 user
 * deleted" or "inbound: no change". Cuts it to size bytes with its NUL. */
void change_describe(const struct change_result *result, enum rule_table table,
	char *text, size_t size);

#endif

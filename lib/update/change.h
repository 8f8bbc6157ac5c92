/*
 * change: what is to become of a table, and what became of it: how rows are
 * taken (mode, scope), what happens to each (change), and how many there were
 * (result).
 */
#ifndef READDRESS_UPDATE_CHANGE_H
#define READDRESS_UPDATE_CHANGE_H

#include "base/error.h"
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

/* Has the scope rules of this key? */
static inline bool change_in_scope(enum change_scope scope, struct bytes key)
{
	return scope == CHANGE_ALL ||
	       rule_key_is_domain(key) == (scope == CHANGE_DOMAINS);
}

struct change {
	enum rule_table table;
	enum change_mode mode;
	enum change_scope
		scope; /* CHANGE_REPLACE: old rows of the other kind stay;
			one of the other kind in rows is ERR_BAD */
	const struct row *rows; /* sorted by key, no key twice */
	size_t count;
	bool refuse_existing;  /* `add` without --replace: ERR_BAD */
	bool require_existing; /* `delete`: ERR_NOTFOUND names the first missing
				*/
	bool dry_run;
	bool force;	     /* no refusal for what would be deleted */
	unsigned max_delete; /* percent; applies when the table has over 3 rows
			      */
	bool max_delete_always; /* or to any table */
	const char *input; /* the file of the rows, for messages; may be NULL */
	const char *command; /* for the metadata: "load inbound users.csv" */
	/* Called for each row that is new, changed or deleted, in the order of
	 * keys, when not NULL. old or new has data NULL where there is none. */
	void (*changed)(void *context, enum change_kind kind, struct bytes key,
		struct bytes old_value, struct bytes new_value);
	void (*progress)(void *context, uint64_t rows, uint64_t of);
	void *context;
};

struct change_result {
	/* CHANGE_UNCHANGED: rows that were given and stood there already; old
	 * rows that the edit does not touch are not counted. */
	uint64_t counts[CHANGE_KINDS];
	/* by kind of the new value, of deleted rows by that of the old one */
	uint64_t by_kind[CHANGE_KINDS][RULE_KINDS];
	uint64_t generation; /* made; or the newest as it was, when unchanged or
				dry_run (0: there is none) */
	bool unchanged;	     /* no row changed: no generation was made */
};

/* Counts a row that was changed so. value: the new one, the old one where there
 * is none. ERR_BAD when it is of no known kind. */
int change_count(struct change_result *result, enum change_kind kind,
	struct bytes key, struct bytes value, struct error *error) MUST_CHECK;

/* "inbound: 2 domains added, 1 user deleted", as it stands in the audit log;
 * "inbound: no change" where there is none. NUL-terminated, cut to fit. */
void change_describe(const struct change_result *result, enum rule_table table,
	char *text, size_t size);

#endif

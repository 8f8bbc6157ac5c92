/*
 * edit: changes a table. Every edit, of one row or of a million, is one merge
 * of the old generation's sorted rows with sorted changes into a complete new
 * file.
 */
#ifndef READDRESS_EDIT_H
#define READDRESS_EDIT_H

#include "rules/row.h"
#include "state/state.h"

enum edit_mode {
	EDIT_REPLACE, /* the table becomes exactly the rows (within scope) */
	EDIT_MERGE,   /* rows are added and changed, none deleted */
	EDIT_DELETE,  /* the rows' keys are deleted; values are ignored */
};

enum edit_scope { EDIT_ALL, EDIT_USERS, EDIT_DOMAINS };

enum edit_change {
	EDIT_NEW,
	EDIT_CHANGED,
	EDIT_UNCHANGED,
	EDIT_DELETED,
	EDIT_CHANGES
};

/* Has the scope rules of this key? */
static inline bool edit_in_scope(enum edit_scope scope, struct bytes key)
{
	return scope == EDIT_ALL ||
	       rule_key_is_domain(key) == (scope == EDIT_DOMAINS);
}

struct edit {
	enum rule_table table;
	enum edit_mode mode;
	enum edit_scope scope; /* EDIT_REPLACE: old rows of the other kind stay;
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
	void (*changed)(void *context, enum edit_change change,
		struct bytes key, struct bytes old_value,
		struct bytes new_value);
	void (*progress)(void *context, uint64_t rows, uint64_t of);
	void *context;
};

struct edit_result {
	/* EDIT_UNCHANGED: rows that were given and stood there already; old
	 * rows that the edit does not touch are not counted. */
	uint64_t counts[EDIT_CHANGES];
	/* by kind of the new value, of deleted rows by that of the old one */
	uint64_t by_kind[EDIT_CHANGES][RULE_KINDS];
	uint64_t generation; /* made; or the newest as it was, when unchanged or
				dry_run (0: there is none) */
	bool unchanged;	     /* no row changed: no generation was made */
};

/*
 * Applies the edit: lock, check, build, publish (nothing of it but the checks
 * with dry_run). The state must be open; it is locked afterwards, but not by
 * dry_run, which writes nothing at all, and may have state NULL: there is no
 * state directory yet, and the table is empty. *result is filled also when the
 * edit is refused. Refusals are ERR_BAD with the reason, the option that
 * deletes nothing and the one that overrides: no row at all, and of
 * EDIT_REPLACE more than max_delete percent of the rows in scope deleted; a
 * domain, sub-domain or catch-all rule (or an exception for a domain) deleted
 * without force or scope EDIT_USERS. Otherwise errors of state and map. A first
 * map is made also by an edit without rows.
 */
int edit_apply(struct state *state, const struct edit *edit,
	struct edit_result *result, struct error *error) MUST_CHECK;

/*
 * The second half of edit_apply, also for others: builds the next generation,
 * which is old (NULL: nothing) after the edit, and publishes it. The edit is
 * not checked again; one of table RULE_TABLES changes nothing, and makes a copy
 * of old. rows, octets: of the edit's table then, not too few; 0 for a copy.
 * what: for the audit log. Lock held. *generation is set on 0 only. ERR_NOMEM,
 * ERR_PERM, ERR_IO, ERR_CREATE, ERR_BAD: of state and map; the newest
 * generation is what it was.
 */
int edit_publish(struct state *state, const struct edit *edit,
	const struct map *old, uint64_t rows, uint64_t octets, const char *what,
	uint64_t *generation, struct error *error) MUST_CHECK;

/* Counts a row that was changed so. value: the new one, the old one where there
 * is none. ERR_BAD when it is of no known kind. */
int edit_count(struct edit_result *result, enum edit_change change,
	struct bytes key, struct bytes value, struct error *error) MUST_CHECK;

/* "inbound: 2 domains added, 1 user deleted", as it stands in the audit log;
 * "inbound: no change" where there is none. NUL-terminated, cut to fit. */
void edit_describe(const struct edit_result *result, enum rule_table table,
	char *text, size_t size);

/* `init`: an empty generation. ERR_BAD when there is a map already. */
int edit_init(struct state *state, const char *command, uint64_t *generation,
	struct error *error) MUST_CHECK;

#endif

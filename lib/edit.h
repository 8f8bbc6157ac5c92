/*
 * edit: changes a table. Every edit, of one row or of a million, is one merge of
 * the old generation's sorted rows with sorted changes into a complete new file.
 */
#ifndef READDRESS_EDIT_H
#define READDRESS_EDIT_H

#include "csvfile.h"
#include "state.h"

enum edit_mode {
	EDIT_REPLACE, /* the table becomes exactly the rows (within scope) */
	EDIT_MERGE,   /* rows are added and changed, none deleted */
	EDIT_DELETE,  /* the rows' keys are deleted; values are ignored */
};

enum edit_scope { EDIT_ALL, EDIT_USERS, EDIT_DOMAINS };

enum edit_change { EDIT_NEW, EDIT_CHANGED, EDIT_UNCHANGED, EDIT_DELETED,
	EDIT_CHANGES };

struct edit {
	enum rule_table table;
	enum edit_mode mode;
	enum edit_scope scope; /* EDIT_REPLACE: rows of the other kind stay; a
				  row of the other kind in rows is ERR_BAD */
	const struct csvfile_row *rows; /* sorted by key, no key twice */
	size_t count;
	uint64_t octets; /* as csvfile_rows.octets */
	bool refuse_existing; /* `add` without --replace: ERR_BAD */
	bool require_existing; /* `delete`: ERR_NOTFOUND names the first missing */
	bool dry_run;
	bool force;	   /* no refusal for what would be deleted */
	unsigned max_delete; /* percent; applies when the table has over 20 rows */
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
	uint64_t counts[EDIT_CHANGES];
	/* by kind of the new value, of deleted rows by that of the old one */
	uint64_t by_kind[EDIT_CHANGES][RULE_KINDS];
	uint64_t generation; /* made; or the newest as it was, when unchanged */
	bool unchanged;	     /* no row changed: no generation was made */
};

/*
 * Applies the edit: lock, check, build, publish (nothing of it but the checks
 * with dry_run). The state must be open and not locked; it is locked afterwards.
 * Refusals are ERR_BAD with the reason and the option that overrides: more than
 * max_delete percent deleted; a domain, sub-domain or catch-all rule (or an
 * exception for a domain) deleted without force or scope EDIT_USERS by
 * EDIT_REPLACE. Otherwise errors of state and map.
 */
int edit_apply(struct state *state, const struct edit *edit,
	struct edit_result *result, struct error *error) MUST_CHECK;

/* `init`: an empty generation. ERR_BAD when there is a map already. */
int edit_init(struct state *state, const char *command, uint64_t *generation,
	struct error *error) MUST_CHECK;

#endif

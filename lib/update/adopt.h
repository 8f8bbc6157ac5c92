/*
 * adopt: makes a new generation with the rules of a map that another host made.
 * Its rows are checked as those of a CSV file are, and the map is built anew.
 * Nothing is kept in memory: both maps are read together.
 *
 * Tested by tests/unit/update/test_adopt.c.
 */
#ifndef READDRESS_UPDATE_ADOPT_H
#define READDRESS_UPDATE_ADOPT_H

#include "state/state.h"
#include "update/change.h"

struct adopt {
	const char *path;	/* of the map */
	bool dry_run;		/* nothing is written */
	bool force;		/* nothing is refused for what it deletes */
	unsigned max_delete;	/* the most rows of a table that are deleted, in
				   percent; for tables of over 3 rows */
	bool max_delete_always; /* max_delete applies to any table */
	const char *command;	/* for the metadata */
	const char *note;	/* for the audit log; may be NULL */
	/* Called with a line about each row that is refused, up to
	 * ADOPT_COMPLAINTS; valid during the call. May be NULL. */
	void (*complain)(void *context, const char *line);
	/* Called for each row that is new, changed or deleted, table after
	 * table in the order of keys; may be NULL. old_value or new_value has
	 * data NULL if there is none. */
	void (*changed)(void *context, enum rule_table table,
		enum change_kind kind, struct bytes key, struct bytes old_value,
		struct bytes new_value);
	/* Called now and then with the number of rows written and of all rows;
	 * may be NULL. */
	void (*progress)(void *context, uint64_t rows, uint64_t of);
	void *context;
};

#define ADOPT_COMPLAINTS 20

struct adopt_result {
	struct map_meta from;	     /* of the map that was adopted */
	char digest[DIGEST_LEN + 1]; /* of its rules */
	/* The changes since the newest. */
	struct change_result tables[RULE_TABLES];
	uint64_t generation; /* the new one; or the newest if unchanged or
				dry_run, which is 0 if there is none */
	bool unchanged;	     /* the newest has these rules already */
};

/*
 * Takes the lock of state, which state keeps, unless dry_run; then state may be
 * NULL, and every row is new.
 *
 * Returns 0 and sets *done; or returns a negative error with its text in
 * *error: ERR_NOENT if there is no such file; ERR_BAD if it is no whole map, of
 * a newer format, or its digest is not that of its rows, if a row is refused,
 * if the guards refuse what it would delete, or if the newest map is damaged;
 * ERR_FOREIGN if it was made on another architecture; ERR_BUSY if another
 * process has the lock; ERR_NOMEM; ERR_PERM; ERR_IO; ERR_CREATE. *done is also
 * set if the guards refuse. On an error the newest generation stays as it is.
 */
int adopt_apply(struct state *state, const struct adopt *adopt,
	struct adopt_result *done, struct error *error) MUST_CHECK;

/* Describes a result as in the audit log: "adopt generation 12 of
 * relay.example, 2026-11-29T21:00:00Z: inbound: 2 users added". Cuts it to size
 * bytes with its NUL. */
void adopt_describe(const struct adopt_result *done, char *text, size_t size);

#endif

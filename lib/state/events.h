/*
 * journal: the audit log and the milter's reload.log, read as one, by time.
 */
#ifndef READDRESS_JOURNAL_H
#define READDRESS_JOURNAL_H

#include "state/state.h"

enum journal_event {
	JOURNAL_EDIT,	  /* a generation was made, by an edit or init */
	JOURNAL_ROLLBACK, /* a generation was made, by a rollback */
	JOURNAL_NOT_MADE, /* a generation was logged, and then not made */
	JOURNAL_START,	  /* the milter started */
	JOURNAL_RELOAD,	  /* the milter reloaded */
	JOURNAL_FAILED,	  /* the milter could not reload */
	JOURNAL_OTHER,	  /* what neither we nor the milter write */
	JOURNAL_EVENTS
};

const char *journal_event_name(enum journal_event event);

struct journal_entry {
	enum journal_event event;
	struct bytes time;   /* "2026-11-21T15:09:00Z"; "" for OTHER */
	struct bytes user;   /* "milter" for what the milter wrote; "" for OTHER
			      */
	struct bytes text;   /* the rest of the line; all of it for OTHER */
	uint64_t generation; /* made, not made, or served since; 0: none */
};

/*
 * Calls entry for each line, in the order of their times; of one second, an
 * edit stands before the reload that could have taken it. Each file's own order
 * is kept in any case. The entry lives until the call returns, which stops the
 * walk with anything but 0. A log that is not there is empty. Returns what
 * entry returned; ERR_PERM, ERR_BAD, ERR_IO, ERR_NOMEM.
 */
int journal_each(const struct state *state,
	int (*entry)(void *context, const struct journal_entry *entry),
	void *context, struct error *error) MUST_CHECK;

#endif

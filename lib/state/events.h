/*
 * events: the audit log and the milter's reload.log, read as one, by time.
 */
#ifndef READDRESS_STATE_EVENTS_H
#define READDRESS_STATE_EVENTS_H

#include "state/state.h"

enum events_kind {
	EVENTS_EDIT,	 /* a generation was made, by an edit or init */
	EVENTS_ROLLBACK, /* a generation was made, by a rollback */
	EVENTS_NOT_MADE, /* a generation was logged, and then not made */
	EVENTS_START,	 /* the milter started */
	EVENTS_RELOAD,	 /* the milter reloaded */
	EVENTS_FAILED,	 /* the milter could not reload */
	EVENTS_OTHER,	 /* what neither we nor the milter write */
	EVENTS_KINDS
};

const char *events_kind_name(enum events_kind event);

struct events_entry {
	enum events_kind event;
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
int events_each(const struct state *state,
	int (*entry)(void *context, const struct events_entry *entry),
	void *context, struct error *error) MUST_CHECK;

#endif

/*
 * events: reads the audit log and the milter's reload.log as one log, in the
 * order of time.
 */
#ifndef READDRESS_STATE_EVENTS_H
#define READDRESS_STATE_EVENTS_H

#include "state/state.h"

enum events_kind {
	EVENTS_EDIT,	 /* a change of a table or `readdress init` made a
			    generation */
	EVENTS_ROLLBACK, /* a rollback made a generation */
	EVENTS_NOT_MADE, /* a generation was logged, but then not made */
	EVENTS_START,	 /* the milter started */
	EVENTS_RELOAD,	 /* the milter reloaded */
	EVENTS_FAILED,	 /* the milter could not reload */
	EVENTS_OTHER,	 /* a line that readdress did not write */
	EVENTS_KINDS
};

/* Returns the name as reports show it, such as "reload failed": a static
 * string. */
const char *events_kind_name(enum events_kind event);

struct events_entry {
	enum events_kind event;
	struct bytes time;   /* "2026-11-21T15:09:00Z"; "" for OTHER */
	struct bytes user;   /* "milter" in reload.log; "" for OTHER */
	struct bytes text;   /* the rest of the line; all of it for OTHER */
	uint64_t generation; /* that was made, was not made, or is served from
				then on; 0: none */
};

/* True if the entry is an edit or a rollback that changed this table. */
bool events_concerns(const struct events_entry *entry, enum rule_table table);

/*
 * Calls entry for each line, in the order of their times, and stops when entry
 * returns anything but 0. Lines of the same file keep their order. A change
 * comes before a reload of the same second, unless the reload shows that the
 * change was not made yet. *entry is valid until the call returns. A log that
 * does not exist counts as empty.
 *
 * Returns what entry returned last; or ERR_PERM; ERR_BAD if a log is not a
 * regular file or has a further name (linkcheck.h); ERR_IO; ERR_NOMEM.
 */
int events_each(const struct state *state,
	int (*entry)(void *context, const struct events_entry *entry),
	void *context, struct error *error) MUST_CHECK;

#endif

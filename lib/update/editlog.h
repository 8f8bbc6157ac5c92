/*
 * editlog: what the audit log says of an edit: its counts, the rows that it
 * changed if they are few, and the note of the user. Tested by
 * tests/unit/update/test_editlog.c.
 */
#ifndef READDRESS_UPDATE_EDITLOG_H
#define READDRESS_UPDATE_EDITLOG_H

#include "state/state.h"
#include "update/change.h"

#define EDITLOG_ROWS 5	 /* an edit of more rows names none of them */
#define EDITLOG_PART 200 /* bytes of a row or of the note; the rest is cut */

struct editlog {
	uint64_t count;				   /* the rows that changed */
	char rows[EDITLOG_ROWS][EDITLOG_PART + 1]; /* the first of them */
};

/* Adds a row that the edit changes, unless kind is CHANGE_UNCHANGED. old_value
 * or new_value has data NULL if there is none. */
void editlog_add(struct editlog *log, enum change_kind kind, struct bytes key,
	struct bytes old_value, struct bytes new_value);

/*
 * Writes "COUNTS[; ROW]...[; note "NOTE"]" with rows as in `readdress diff`:
 *
 *	inbound: 1 user added; + bob@a.com;bob@b.com; note "batch 7"
 *
 * log may be NULL: no rows are named. note may be NULL or empty: there is none.
 * Rows and note are escaped by log_escape(). A text in them that looks like the
 * end of a line of the audit log, "; generation ", is escaped, too, so that
 * they cannot name a generation even where a crash cuts the line short.
 */
void editlog_text(const struct editlog *log, const char *counts,
	const char *note, char text[STATE_WHAT_MAX]);

#endif

/*
 * edit: what the commands that change a table share: they apply the change, and
 * say what it did. Tested by tests/e2e/tool.test.
 */
#ifndef READDRESS_TOOL_COMMAND_EDIT_H
#define READDRESS_TOOL_COMMAND_EDIT_H

#include "print/change.h"
#include "print/progress.h"
#include "tool.h"

/* An edit; edit_apply() sets changes. The caller must progress_init(). */
struct edit {
	struct tool *tool;
	struct changes changes;
	struct progress progress;
};

/*
 * Makes the edit, whose rows are valid: opens the state, applies the change,
 * prints the counts (with dry_run also each change), then reloads or says how
 * to. Sets table, command, note, context and callbacks of the change. repeated
 * is the number of rows that were given more than once. Returns what
 * update_apply(), the output and milter_go_live() return.
 */
int edit_apply(struct edit *edit, struct change *change, uint64_t repeated,
	struct error *error) MUST_CHECK;

#endif

/*
 * milter: the milter that runs, seen from the tool: is it up, and has it taken
 * up the newest generation?
 */
#ifndef READDRESS_TOOL_MILTER_H
#define READDRESS_TOOL_MILTER_H

#include <sys/types.h>

#include "tool.h"

/*
 * SIGHUP to the milter, then waits until it serves the newest generation, and
 * prints it. ERR_DOWN: it is not running, it refused the new map, it was
 * restarted meanwhile, or it took more than timeout seconds. ERR_PERM: it is
 * not ours to signal. Else as state_open_newest and state_served.
 */
int milter_reload(
	struct tool *tool, unsigned timeout, struct error *error) MUST_CHECK;

/* What ends an edit: with --reload as milter_reload, with the state opened anew
 * so that the writers' lock is not held meanwhile; else 0, with the hint that a
 * reload is needed where the edit made a generation. */
int milter_go_live(
	struct tool *tool, bool made, struct error *error) MUST_CHECK;

/* The milter's process. ERR_DOWN when it is not running; else as
 * pidfile_running. */
int milter_find(
	const struct tool *tool, pid_t *pid, struct error *error) MUST_CHECK;

#endif

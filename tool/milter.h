/*
 * milter: the running milter as the tool sees it: whether it is up, and whether
 * it serves the newest generation. Tested by tests/e2e/tool.test.
 */
#ifndef READDRESS_TOOL_MILTER_H
#define READDRESS_TOOL_MILTER_H

#include <sys/types.h>

#include "state/approval.h"
#include "tool.h"

/* Refuses an edit with --reload, before it does anything, while something is
 * approved, unless --newest stands beside it. Returns 0; ERR_BAD; ERR_USAGE for
 * --newest without --reload; or an error of approval_read(). */
int milter_may_go_live(struct tool *tool, struct error *error) MUST_CHECK;

/*
 * Sends SIGHUP to the milter, waits until it serves the newest generation, and
 * prints this generation. With --newest, ends what is approved first. Without
 * it, while something is approved, waits until the milter has loaded its
 * configuration, and prints the generation that stays. Returns 0; ERR_DOWN if
 * the milter is not running, refused the new map, was restarted meanwhile, or
 * needed more than timeout seconds; ERR_PERM if this user may not signal it; or
 * another error of state_open_newest() or state_served().
 */
int milter_reload(
	struct tool *tool, unsigned timeout, struct error *error) MUST_CHECK;

/* Ends an edit. With --reload, opens the state anew, so that the writers' lock
 * is not held meanwhile, and returns what milter_reload() returns. Without it,
 * returns 0, and says that a reload is needed if made is true: the edit made a
 * generation. */
int milter_go_live(
	struct tool *tool, bool made, struct error *error) MUST_CHECK;

/* What the milter told at some time, to be compared with later. */
struct milter_told {
	double reloads_ok; /* -1: it cannot be read; also the next one */
	double reloads_failed;
	uint64_t generation; /* 0: it cannot be read */
	uint64_t served;     /* what it serves, or served last; 0: not known */
	off_t log_end;	     /* the size of served/reload.log, in bytes; -1 */
};
struct milter_told milter_ask(const struct tool *tool);

/* Waits until the milter serves what is approved, which is due, and prints its
 * generation. before is from a time before it was approved. Returns 0; ERR_DOWN
 * as milter_reload(); or an error of state_served(). */
int milter_wait_approved(struct tool *tool, const struct milter_told *before,
	const struct approval *approval, struct error *error) MUST_CHECK;

/* Finds the milter's process; *pid is 0 or negative if it runs and its number
 * is not known. Returns 0; ERR_DOWN if it is not running; or another error of
 * pidfile_running(). */
int milter_find(
	const struct tool *tool, pid_t *pid, struct error *error) MUST_CHECK;

/* True if the milter that milter_find() has found has not opened its socket
 * yet: the lock of served/, which it takes then, is free, and status.prom is
 * missing or older than its pid file. */
bool milter_is_starting(const struct tool *tool);

/* Sets *served to the generation that the milter serves, or served last; 0 if
 * there is none. up tells whether it runs. Returns 0, or an error of
 * state_served(). */
int milter_served(const struct tool *tool, bool up, uint64_t *served,
	struct error *error) MUST_CHECK;

#endif

/*
 * rehearsal: checks, for -t, what a start needs. It makes and removes no file,
 * and does not disturb a running milter. The errors have the codes and texts of
 * the start. Tested by tests/e2e/start.test.
 *
 * If a milter runs with this configuration, it checks what a restart needs: the
 * lock, the socket and the port of that milter count as free.
 *
 * Every function here returns 0, or a negative error with its text in *error.
 */
#ifndef READDRESS_MILTER_REHEARSAL_H
#define READDRESS_MILTER_REHEARSAL_H

#include "daemon.h"

/* Checks that the start can make its directories. listeners are those that the
 * start opens: that of the MTA, and then, if there is one, that of look-ups.
 * Must be called as the user who starts the milter, which may be root. */
int rehearsal_before(const struct config *config,
	const struct listener *listeners, size_t count,
	struct error *error) MUST_CHECK;

/*
 * Checks runtime_dir, served/, the sockets and the log. generation is the one
 * that the start will serve. Must be called as the user who will run the
 * milter. Returns 1 instead of 0 if the milter would start, but with the
 * warning in *error.
 */
int rehearsal_after(const struct config *config,
	const struct daemon_account *account, const struct listener *listeners,
	size_t count, uint64_t generation, struct error *error) MUST_CHECK;

#endif

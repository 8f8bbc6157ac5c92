/*
 * rehearsal: what a start will need, tried for -t without a change: no file is
 * made or removed, and a milter that runs is not disturbed. The errors are
 * those of the start, in code and words.
 *
 * Beside a milter that runs on this configuration only what a restart will need
 * is looked at: its lock, its socket and its port will be free then.
 */
#ifndef READDRESS_MILTER_REHEARSAL_H
#define READDRESS_MILTER_REHEARSAL_H

#include "daemon.h"

/* As the one who starts it, root or not: directories that will be made. */
int rehearsal_before(const struct config *config,
	const struct listener *listener, struct error *error) MUST_CHECK;

/*
 * As the user that it will become: runtime_dir, served/, socket. generation:
 * what the start will serve. 1 instead of 0: it would start, with the warning
 * that is in error.
 */
int rehearsal_after(const struct config *config,
	const struct daemon_account *account, const struct listener *listener,
	uint64_t generation, struct error *error) MUST_CHECK;

#endif

/*
 * serving: what served/ tells about a running milter: its process, and the
 * results of its reloads. It needs no runtime_dir. The milter calls
 * serving_sign(), the tool everything else. One thread at a time may use a
 * state.
 *
 * Every function here that returns int returns 0 or a positive number, or a
 * negative error with its text in *error: ERR_PERM; ERR_BAD if the file is not
 * a regular file or has a further name (linkcheck.h); ERR_IO; ERR_NOMEM.
 */
#ifndef READDRESS_STATE_SERVING_H
#define READDRESS_STATE_SERVING_H

#include <sys/types.h>

#include "state/state.h"

/*
 * Lets serving_process() find this process, by a second lock on served/lock
 * whose holder the kernel names. claim is the descriptor from
 * state_claim_served(). The lock lasts as long as claim is open and as long as
 * the process closes no other descriptor of this file. Errors are ignored.
 */
void serving_sign(int claim);

/*
 * Returns 1 if a milter holds the lock of served/, else 0. Sets *pid to its
 * process, or to 0 if there is none or if it cannot be known, because the
 * milter runs in another container or has another version.
 */
int serving_process(
	const struct state *state, pid_t *pid, struct error *error) MUST_CHECK;

/* Sets *end to the length of served/reload.log in bytes, 0 if there is none. */
int serving_log_end(
	const struct state *state, off_t *end, struct error *error) MUST_CHECK;

#define SERVING_FIXED 128 /* bytes of the names of options, with the NUL */

/* Looks for the last reload in served/reload.log after the offset from. Returns
 * 1 if it succeeded, 2 if it failed, 0 if there is none yet. Sets *generation
 * to the one that is served since the reload, unless there is none. Writes to
 * fixed, unless that is NULL, which options of the configuration the milter
 * takes up only at a restart ("socket, user"), or "". */
int serving_reload(const struct state *state, off_t from, uint64_t *generation,
	char fixed[SERVING_FIXED], struct error *error) MUST_CHECK;

#endif

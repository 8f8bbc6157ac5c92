/*
 * serving: what served/ tells of a milter that runs, whatever became of its
 * runtime_dir: who it is, and what its reloads came to. The milter's side is
 * serving_sign; all else is the tool's. One thread at a time.
 */
#ifndef READDRESS_STATE_SERVING_H
#define READDRESS_STATE_SERVING_H

#include <sys/types.h>

#include "state/state.h"

/*
 * The milter's, after state_claim_served: says by a second lock, of which the
 * kernel tells the holder, which process it is. claim: that descriptor, held as
 * long; no other of this file may be closed meanwhile. Best effort.
 */
void serving_sign(int claim);

/*
 * 1 while a milter holds the lock of served/, and its process in *pid (0: that
 * cannot be told, it is in another container or of another version); 0 when
 * none does, or there is no served/; or as file_open and error_set_errno.
 */
int serving_process(
	const struct state *state, pid_t *pid, struct error *error) MUST_CHECK;

/* Where served/reload.log ends now; 0 when there is none; or an error. */
int serving_log_end(
	const struct state *state, off_t *end, struct error *error) MUST_CHECK;

/* The last reload that the log tells of behind from: 1 for one that was made,
 * and 2 for one that failed; the generation that is served since. 0: none as
 * yet; or an error. */
int serving_reload(const struct state *state, off_t from, uint64_t *generation,
	struct error *error) MUST_CHECK;

#endif

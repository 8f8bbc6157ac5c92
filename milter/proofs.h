/*
 * proofs: remembers which of outbound_required_headers were ever seen with
 * their values since they are in the list. The snapshot in force has a flag for
 * each; messages set the flags, and the control thread writes them to
 * served/required, so that no message waits for the disk. Tested by
 * tests/e2e/sharedcloud.test.
 */
#ifndef READDRESS_MILTER_PROOFS_H
#define READDRESS_MILTER_PROOFS_H

#include "base/arena.h"
#include "snapshot.h"
#include "state/state.h"

struct proofs {
	atomic_bool changed; /* served/required is not up to date */
	bool failed;	     /* the last write failed, which was logged; used
				by the control thread only */
};

/* Sets the snapshot's flags from served/required, at the start. If the file
 * cannot be read, logs this and sets none. */
void proofs_start(
	struct proofs *proofs, struct snapshot *snapshot, struct state *state);

/* Copies the flags of headers that are in both lists from old to next, at a
 * reload. next must not be in force yet. */
void proofs_reload(struct proofs *proofs, const struct snapshot *old,
	struct snapshot *next);

/* Returns the flags for decide_message.required_seen, in arena; NULL if memory
 * is exhausted. */
const bool *proofs_seen(
	const struct snapshot *snapshot, struct arena *arena) MUST_CHECK;

/* Sets the flags of the headers that a message showed with their values; right
 * has one for each header of the list. Wakes the control thread if a flag is
 * new. Any thread may call it. */
void proofs_note(
	struct proofs *proofs, struct snapshot *snapshot, const bool *right);

/* Writes served/required if it is not up to date. Logs a failure, and tries
 * again with the next call. For the control thread only. */
void proofs_keep(struct proofs *proofs, const struct snapshot *snapshot);

#endif

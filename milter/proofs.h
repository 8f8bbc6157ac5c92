/*
 * proofs: which of outbound_required_headers were ever seen right since they
 * stand in the list. The snapshot in force knows it; messages tell it, and the
 * control thread keeps it in served/required. The message path never writes to
 * the disk.
 */
#ifndef READDRESS_MILTER_PROOFS_H
#define READDRESS_MILTER_PROOFS_H

#include "base/arena.h"
#include "snapshot.h"
#include "state/state.h"

struct proofs {
	atomic_bool changed; /* served/required is not up to date */
	bool failed;	     /* to write it: logged once; control thread's */
};

/* At the start: takes over what served/required says. A file that cannot be
 * read is a line in the log, and nothing was seen. */
void proofs_start(
	struct proofs *proofs, struct snapshot *snapshot, struct state *state);

/* At a reload, before next is in force: headers that stood in the list of old
 * keep what is known of them. */
void proofs_reload(struct proofs *proofs, const struct snapshot *old,
	struct snapshot *next);

/* For decide_message.required_seen, in arena; NULL when out of memory. */
const bool *proofs_seen(
	const struct snapshot *snapshot, struct arena *arena) MUST_CHECK;

/* A message has these right, with a flag for each header of the list. Wakes the
 * control thread when one is new. Any thread. */
void proofs_note(
	struct proofs *proofs, struct snapshot *snapshot, const bool *right);

/* Writes served/required when it is not up to date; a failure is logged, and it
 * is tried again with the next call. The control thread's. */
void proofs_keep(struct proofs *proofs, const struct snapshot *snapshot);

#endif

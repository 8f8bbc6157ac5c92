/*
 * approval: the file state_dir/approved, which says what the milter is to
 * serve, and from when on. It has one line, "GENERATION DIGEST SECONDS\n":
 * number and digest must both be those of the map; DIGEST is "-" for a map
 * without one; SECONDS is since 1970, UTC.
 *
 * Whoever changes the file holds the lock of approved.lock, and so does pruning
 * the history, which keeps the approved generation. The writers' lock is not
 * needed. Readers need no lock, since the file is replaced as a whole.
 *
 * Every function here that has an error argument returns 0 or a positive
 * number, or a negative error with its text in *error. Each may return
 * ERR_PERM, ERR_NOMEM and ERR_IO; further errors are named with the function.
 *
 * Tested by tests/unit/state/test_approval.c.
 */
#ifndef READDRESS_STATE_APPROVAL_H
#define READDRESS_STATE_APPROVAL_H

#include "state/state.h"

struct approval {
	uint64_t generation;
	char digest[DIGEST_LEN + 1]; /* whole, or DIGEST_NONE */
	int64_t at;		     /* seconds since 1970 */
};

/* True if this is what is approved, whatever the time. */
bool approval_equal(const struct approval *a, const struct approval *b);

/* True if number and digest of the map are the approved ones. */
bool approval_is_for(
	const struct approval *approval, const struct map_meta *meta);

/* Reads the file. Returns 1 and sets *approval; 0 if there is none; ERR_BAD if
 * it is damaged or not a regular file, with a text that says what to do. */
int approval_read(const struct state *state, struct approval *approval,
	struct error *error) MUST_CHECK;

/* Takes the lock, for which it waits up to STATE_LOCK_SECONDS. Sets *lock to a
 * descriptor unless it fails; the lock is held until the caller closes it.
 * Returns ERR_BUSY if another process still holds it; ERR_BAD if the file is
 * not a regular file or has a further name (linkcheck.h); ERR_CREATE. */
int approval_lock(
	const struct state *state, int *lock, struct error *error) MUST_CHECK;

/* Replaces the file atomically and writes it to disk. Needs the lock. On an
 * error the file says what it said before, as far as the disk allows. Also
 * returns ERR_CREATE. */
int approval_write(struct state *state, const struct approval *approval,
	struct error *error) MUST_CHECK;

/* Removes the file, which may be damaged. Needs the lock. Returns 1 if it was
 * there, and 0 if not. */
int approval_remove(const struct state *state, struct error *error) MUST_CHECK;

#endif

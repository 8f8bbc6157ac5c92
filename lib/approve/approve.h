/*
 * approve: approves a generation that is kept, to be served from now or from a
 * later time on. state/approval.h has the file; the milter looks at it.
 *
 * Every function here returns 0, or a negative error with its text in *error:
 * ERR_BUSY if another process changes the approval; ERR_BAD if a file or the
 * state directory is damaged; ERR_PERM; ERR_NOMEM; ERR_IO; ERR_CREATE; and what
 * is named with the function. Times are seconds since 1970.
 *
 * Tested by tests/unit/approve/test_approve.c.
 */
#ifndef READDRESS_APPROVE_APPROVE_H
#define READDRESS_APPROVE_APPROVE_H

/*
 * The wing approve/: what the tool does about approvals.
 *
 *   when  times as people write them
 */

#include "state/approval.h"

struct approve {
	uint64_t generation; /* 0: the highest with this digest */
	const char *digest;  /* digest_is_part(); NULL: any */
	int64_t at;
	int64_t now;
};

/*
 * Opens and verifies the generation as the milter will, and approves it in
 * place of what was approved before. Sets *made.
 *
 * Also returns ERR_NOENT if the generation is not kept, or none has the digest;
 * ERR_BAD if it is damaged or has another digest, or if another approval waits
 * for its time.
 */
int approve_make(struct state *state, const struct approve *approve,
	struct approval *made, struct error *error) MUST_CHECK;

/* Removes an approval that is not due yet, and sets *was to it. Also returns
 * ERR_NOTFOUND if there is none, or if it is due. */
int approve_cancel(struct state *state, int64_t now, struct approval *was,
	struct error *error) MUST_CHECK;

/* Removes whatever is approved, also if the file is damaged. *removed tells
 * whether there was anything. */
int approve_end(
	struct state *state, bool *removed, struct error *error) MUST_CHECK;

#endif

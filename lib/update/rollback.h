/*
 * rollback: makes the rules of an earlier generation a new one, also when the
 * newest is damaged or gone.
 *
 * A generation that a rollback made is at the place of the one whose rules it
 * has: its metadata names that as its origin. So the next rollback goes on from
 * there, and does not come back to what was just left.
 */
#ifndef READDRESS_UPDATE_ROLLBACK_H
#define READDRESS_UPDATE_ROLLBACK_H

#include "state/state.h"
#include "update/change.h"

struct rollback {
	/* The generation to go back to; 0: one content further back than the
	 * newest, or the last good one when the newest is damaged or gone. */
	uint64_t to;
	/* A line for a person, on damage that was met; it lives during the
	 * call. May be NULL, as progress may. */
	void (*note)(void *context, const char *line);
	void (*progress)(void *context, uint64_t rows, uint64_t of);
	void *context;
};

struct rollback_result {
	uint64_t to;	     /* whose rules were taken */
	uint64_t generation; /* that was made; or the newest when unchanged */
	bool unchanged;	     /* the newest has these rules already */
	const char *lost;    /* "damaged" or "gone": the newest was; else NULL.
				Static */
	struct change_result tables[RULE_TABLES]; /* against the newest; all 0
						   where lost is set */
};

/*
 * Lock, choose, build, publish. The state must be open; it is locked
 * afterwards. A damaged map.mdb is kept as map.mdb.damaged. *done is whole on
 * 0 only. ERR_NOENT: to is not kept, or there was never a map; ERR_NOTFOUND:
 * nothing is further back; ERR_BAD: to is damaged, or no good generation is
 * kept; ERR_BUSY: another writer has the lock; ERR_NOMEM, ERR_PERM, ERR_IO,
 * ERR_CREATE: of state and map. On any error the newest is what it was.
 */
int rollback_apply(struct state *state, const struct rollback *rollback,
	struct rollback_result *done, struct error *error) MUST_CHECK;

/* "rollback to generation 5: inbound: 2 users added, 1 domain deleted;
 * outbound: 1 user changed", as it stands in the audit log. NUL-terminated, cut
 * to fit. */
void rollback_describe(
	const struct rollback_result *done, char *text, size_t size);

#endif

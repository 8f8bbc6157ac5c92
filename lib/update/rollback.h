/*
 * rollback: makes a new generation with the rules of an earlier one, also if
 * the newest is damaged or does not exist.
 *
 * The metadata of such a generation names the earlier one as its origin, and it
 * takes the position of that one in the history. A second rollback therefore
 * goes further back, and does not return to the rules that the first one left.
 */
#ifndef READDRESS_UPDATE_ROLLBACK_H
#define READDRESS_UPDATE_ROLLBACK_H

#include "state/state.h"
#include "update/change.h"

struct rollback {
	/* The generation to go back to. 0: the last one whose rules differ from
	 * the newest, or the last undamaged one if the newest is damaged or
	 * does not exist. */
	uint64_t to;
	const char *note; /* for the audit log; may be NULL */
	/* Called with a line for the user about each damaged generation that
	 * was found; valid during the call. May be NULL. */
	void (*say)(void *context, const char *line);
	/* Called now and then with the number of rows written and of all rows;
	 * may be NULL. */
	void (*progress)(void *context, uint64_t rows, uint64_t of);
	void *context;
};

struct rollback_result {
	uint64_t to;	     /* the generation whose rules were taken */
	uint64_t generation; /* the new one; or the newest if unchanged */
	bool unchanged;	     /* the newest has these rules already */
	char digest[DIGEST_LEN + 1]; /* of the rules */
	/* "damaged" or "gone", a static string, if the newest was; else NULL */
	const char *lost;
	/* The changes since the newest; all 0 if lost is set. */
	struct change_result tables[RULE_TABLES];
};

/*
 * Takes the lock of state, which state keeps, and chooses, builds and publishes
 * the new generation. A damaged map.mdb is kept as map.mdb.damaged.
 *
 * Returns 0 and sets *done; or returns a negative error with its text in
 * *error: ERR_NOENT if rollback->to is not kept, or there was never a map;
 * ERR_NOTFOUND if no generation is further back; ERR_BAD if rollback->to is
 * damaged, or no undamaged generation is kept; ERR_BUSY if another process has
 * the lock; ERR_NOMEM; ERR_PERM; ERR_IO; ERR_CREATE. On an error the newest
 * generation stays as it is.
 */
int rollback_apply(struct state *state, const struct rollback *rollback,
	struct rollback_result *done, struct error *error) MUST_CHECK;

/* Describes a result as in the audit log: "rollback to generation 5: inbound: 2
 * users added, 1 domain deleted; outbound: 1 user changed". Cuts it to size
 * bytes with its NUL. */
void rollback_describe(
	const struct rollback_result *done, char *text, size_t size);

#endif

/*
 * approved: what the control thread knows of the approval (state/approval.h).
 * Tested by tests/e2e/approval.test.
 */
#ifndef READDRESS_MILTER_APPROVED_H
#define READDRESS_MILTER_APPROVED_H

#include "base/error.h"
#include "state/approval.h"

struct approved {
	bool stands;  /* something is approved, or it cannot be read what */
	bool known;   /* approval was read */
	bool unread;  /* it could not be read last time */
	bool refused; /* approval cannot be served, however often it is tried */
	struct approval approval;
	struct map *next; /* the approved map, verified; NULL: not yet */
	uint64_t again;	  /* clock_ms() when the next try is due; 0: now */
	char told[ERROR_TEXT_MAX]; /* the last failure, which was logged */
};

/* True if what is served must stay at a reload, because something is approved.
 * Writes the reason to text. */
#define APPROVED_WHY 256
bool approved_stands(const struct approved *approved, char text[APPROVED_WHY]);

#endif

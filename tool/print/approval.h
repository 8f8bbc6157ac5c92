/*
 * approval: what commands print about what is approved. Tested by
 * tests/e2e/approval.test.
 */
#ifndef READDRESS_TOOL_PRINT_APPROVAL_H
#define READDRESS_TOOL_PRINT_APPROVAL_H

#include "print/json.h"
#include "state/approval.h"
#include "tool.h"

/* What is approved, and whether it can be served. */
struct standing {
	bool any;   /* something is approved, or it cannot be read what */
	bool known; /* approval was read */
	struct approval approval;
	int64_t now;
	bool due;
	bool served;	    /* it is what is served */
	struct error fault; /* why it is not; the text is "": no reason known */
};

/* Finds out what is approved. served and digest tell what is served; 0 and ""
 * if that is not known. If something is due and not served, its map is
 * verified. Returns 0, or an error that says nothing about the approval:
 * ERR_PERM, ERR_IO or ERR_NOMEM. */
int standing_see(const struct tool *tool, uint64_t served, const char *digest,
	struct standing *standing, struct error *error) MUST_CHECK;

/* Prints a line for `status`, if anything is approved. */
void standing_print(const struct standing *standing);

/* Puts an object with "generation", "digest", "at", "due", "served" and
 * "fault"; null if nothing is approved. */
void standing_put(
	struct json *json, const char *key, const struct standing *standing);

/* Returns 0 if what is served is as it should be while something is approved;
 * newest is the newest generation. Otherwise returns ERR_NOTFOUND or ERR_BAD,
 * with the reason. */
int standing_judge(const struct standing *standing, uint64_t served,
	uint64_t newest, struct error *error) MUST_CHECK;

/* Writes "generation 12 is approved for 2026-11-29 22:00:00 CET
 * (2026-11-29T21:00:00Z), in 2 h 3 min", or "since ...". */
#define APPROVAL_SHOWN 256
void approval_show(const struct approval *approval, int64_t now,
	char text[APPROVAL_SHOWN]);

/* Puts "generation", "digest", "at", "local" and "seconds", how long it takes
 * until then. */
void approval_put(
	struct json *json, const struct approval *approval, int64_t now);

#endif

/*
 * origin: which addresses a recipient in the queue was made of, and what the
 * rules make of them now. A recipient that the milter added comes from the
 * addresses that it deleted, or from the one in its ORCPT. It is old if one of
 * these led to it by a generation that is kept, and leads elsewhere by the one
 * that is served. Tested by tests/e2e/requeue.test.
 */
#ifndef READDRESS_TOOL_COMMAND_ORIGIN_H
#define READDRESS_TOOL_COMMAND_ORIGIN_H

#include "queue.h"
#include "rounds.h"
#include "tool.h"

struct origin {
	struct tool *tool;
	struct error *error;
	struct arena *arena;	  /* of what is found */
	struct arena *answer;	  /* of one look-up */
	struct origin_kept *kept; /* the served one, then the others, latest
				     first */
	size_t kept_count;
	size_t unknown; /* recipients with another address in their ORCPT, of
			   which no generation made them */
};

/* Where a recipient came from. */
struct origin_find {
	const char *source;  /* of the addresses that led to it, one */
	uint64_t generation; /* by which it did */
	/* The message goes to all that the source leads to now, which is this;
	 * NULL: it does not. */
	const char *there;
	bool done; /* one of those that the source leads to has got it */
};

/* Opens the generation that is served, or else the newest, and all others that
 * are kept; says which are damaged. The caller sets tool, error, arena and
 * answer before, and calls origin_close() after an error, too. Returns 0 or an
 * error of tool_open_map(). */
int origin_open(struct origin *origin) MUST_CHECK;
void origin_close(struct origin *origin);

/* Returns the generation that is served. */
uint64_t origin_served(const struct origin *origin);

/* Finds for each recipient of a message what it shall become and why. moves and
 * finds have room for all of them. The targets of a move are NULL if the
 * recipient stays as it is. Returns 0, or an error with its text in
 * origin->error. */
int origin_find(struct origin *origin, const struct queue_message *message,
	struct rounds_move *moves, struct origin_find *finds) MUST_CHECK;

#endif

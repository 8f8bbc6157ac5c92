/*
 * rounds: which queued messages may be put into the queue again with one table
 * of old and new recipients. A table acts on every recipient of a message, and
 * Postfix looks its results up again, so it may hold nothing that another
 * message of the round does not want. Tested by tests/e2e/requeuerounds.test.
 */
#ifndef READDRESS_TOOL_ROUNDS_H
#define READDRESS_TOOL_ROUNDS_H

#include "base/arena.h"
#include "base/error.h"

#define ROUNDS_MAX 100

/* A recipient of a message, and what it shall become. */
struct rounds_move {
	struct bytes key;      /* of the recipient */
	const char *recipient; /* as a table names it */
	const char *targets;   /* joined with ","; NULL: it stays as it is */
	struct bytes *keys;    /* of the targets */
	size_t count;
};

struct rounds;

/* Returns NULL when out of memory. rounds_close() it. */
struct rounds *rounds_open(void) MUST_CHECK;
void rounds_close(struct rounds *rounds); /* may be NULL */

/* Finds a round for a message with these recipients, which must live as long as
 * rounds. Returns its number, from 0; ERR_NOTFOUND if there cannot be one,
 * since one recipient of the message becomes another one that moves, too, or if
 * there are ROUNDS_MAX; ERR_NOMEM. */
int rounds_place(struct rounds *rounds, const struct rounds_move *moves,
	size_t count) MUST_CHECK;

/* Returns the number of rounds. */
size_t rounds_count(const struct rounds *rounds);

/* Calls each for the moves of a round that change a recipient, in the order of
 * their keys. */
void rounds_table(const struct rounds *rounds, size_t round,
	void (*each)(void *context, const struct rounds_move *move),
	void *context);

#endif

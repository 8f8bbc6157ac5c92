/*
 * arena: memory that is freed all at once, with a cap. One for each message,
 * one for each load. Not thread-safe; use it from one thread at a time.
 */
#ifndef READDRESS_BASE_ARENA_H
#define READDRESS_BASE_ARENA_H

#include "base/budget.h"
#include "base/bytes.h"

struct arena;

/* max: the most octets it will ever hold. NULL when out of memory. */
struct arena *arena_open(size_t max) MUST_CHECK;

/* As arena_open; each block is asked for at the account, which must outlive the
 * arena. NULL where it refuses the first one, too. */
struct arena *arena_open_account(
	size_t max, struct budget_account *account) MUST_CHECK;

/* As arena_open, with the account of the other arena, if it has one. */
struct arena *arena_open_beside(
	const struct arena *other, size_t max) MUST_CHECK;

void arena_close(struct arena *arena);

/* Frees everything but the first block: all pointers from it are dead. */
void arena_reset(struct arena *arena);

/* Aligned for any object, not cleared. NULL: out of memory, over the cap, or
 * refused by the account.
 * Lives until arena_reset or arena_close. */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;

/* An array of n objects of size bytes each, like arena_alloc(); for n == 0,
 * too, it is not NULL. NULL also when n * size overflows. */
void *arena_array(struct arena *arena, size_t n, size_t size) MUST_CHECK;

/* Like arena_alloc(), for bytes: not aligned, so that small rows pack. */
char *arena_bytes(struct arena *arena, size_t size) MUST_CHECK;

/* A copy with a NUL behind it (not counted in len). NULL as arena_alloc. */
char *arena_copy(struct arena *arena, const char *data, size_t len) MUST_CHECK;

/* A point in the arena's life. arena_rewind frees all that was allocated after
 * arena_mark; marks that were made after it are dead, too. */
struct arena_mark {
	void *block;
	size_t used;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

/* Octets that it holds from malloc now, of at most max: whole blocks, whatever
 * was handed out of them. */
size_t arena_used(const struct arena *arena);

#endif

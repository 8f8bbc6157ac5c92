/*
 * arena: memory that is freed all at once and never grows beyond a maximum.
 * Each message has one, and so has each load of a table. Not thread-safe: one
 * thread at a time uses an arena.
 *
 * The functions that allocate return NULL when memory is out, when the maximum
 * would be exceeded, or when the account of the arena refuses the block
 * (budget.h). What they return lives until arena_reset(), arena_rewind() or
 * arena_close() frees it.
 */
#ifndef READDRESS_BASE_ARENA_H
#define READDRESS_BASE_ARENA_H

#include <stdarg.h>

#include "base/budget.h"
#include "base/bytes.h"

struct arena;

/* Opens an arena that holds at most max bytes. Returns NULL when out of
 * memory. */
struct arena *arena_open(size_t max) MUST_CHECK;

/* Opens an arena that asks the account before it gets a block from malloc(3).
 * The account must outlive the arena. Returns NULL when out of memory, or when
 * the account refuses the first block. */
struct arena *arena_open_account(
	size_t max, struct budget_account *account) MUST_CHECK;

/* Opens an arena that has the same account as other, or none if other has none.
 * Returns NULL as arena_open_account() does. */
struct arena *arena_open_beside(
	const struct arena *other, size_t max) MUST_CHECK;

void arena_close(struct arena *arena);

/* Frees everything but the first block. All pointers into the arena become
 * invalid. */
void arena_reset(struct arena *arena);

/* Returns size bytes, aligned for any object and not cleared; or NULL. */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;

/* Returns an array of n objects of size bytes each, aligned and not cleared; or
 * NULL, also when n * size overflows. For n == 0 the pointer is not NULL, but
 * must not be read. */
void *arena_array(struct arena *arena, size_t n, size_t size) MUST_CHECK;

/* Returns size bytes that are not aligned, so that small pieces of text lie
 * close together; or NULL. */
char *arena_bytes(struct arena *arena, size_t size) MUST_CHECK;

/* Returns a copy of len bytes of data, with a NUL after them; or NULL. */
char *arena_copy(struct arena *arena, const char *data, size_t len) MUST_CHECK;

/* Returns the text that vprintf(3) would print of the same arguments; or
 * NULL. */
char *arena_vformat(struct arena *arena, const char *format,
	va_list args) MUST_CHECK __attribute__((format(printf, 2, 0)));
char *arena_format(struct arena *arena, const char *format, ...) MUST_CHECK
	__attribute__((format(printf, 2, 3)));

/* Frees the nodes of a tree of tsearch(3), and not the objects that it points
 * to: they belong to an arena, or to an array. tree may be NULL. */
void arena_free_tree(void *tree);

/* A point in the life of an arena. arena_rewind() frees everything that was
 * allocated since arena_mark(), and makes the marks invalid that were set since
 * then. */
struct arena_mark {
	void *block;
	size_t used;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

/* Returns how many bytes the arena holds from malloc(3): whole blocks, however
 * much of them was handed out. Never more than max. */
size_t arena_used(const struct arena *arena);

#endif

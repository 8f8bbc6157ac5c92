/*
 * array: an array that grows by doubling, in memory from malloc(3) or in an
 * arena.
 */
#ifndef READDRESS_BASE_ARRAY_H
#define READDRESS_BASE_ARRAY_H

#include "base/arena.h"

/*
 * Makes room for one more element after count elements of size bytes each, in
 * an array that has room for *room of them. Returns the array, which may have
 * moved, and sets *room. Returns NULL when out of memory or when the size
 * overflows; the array and *room are then unchanged. array may be NULL when
 * count and *room are 0.
 */
void *array_grow(
	void *array, size_t count, size_t *room, size_t size) MUST_CHECK;

/* Does the same in an arena. The arena keeps the smaller arrays until it is
 * reset. */
void *array_grow_in(struct arena *arena, void *array, size_t count,
	size_t *room, size_t size) MUST_CHECK;

#endif

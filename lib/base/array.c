#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>

#define FIRST_ROOM 16 /* elements */

/* Returns 0 when there is no such number. */
static size_t next_room(size_t room)
{
	if (!room)
		return FIRST_ROOM;
	return room > SIZE_MAX / 2 ? 0 : 2 * room;
}

void *array_grow(void *array, size_t count, size_t *room, size_t size)
{
	size_t wider = next_room(*room);
	void *grown;

	if (count < *room)
		return array;
	grown = wider ? reallocarray(array, wider, size) : NULL;
	if (grown)
		*room = wider;
	return grown;
}

void *array_grow_in(struct arena *arena, void *array, size_t count,
	size_t *room, size_t size)
{
	size_t wider = next_room(*room);
	void *grown;

	if (count < *room)
		return array;
	grown = wider ? arena_array(arena, wider, size) : NULL;
	if (!grown)
		return NULL;
	if (count)
		memcpy(grown, array, count * size);
	*room = wider;
	return grown;
}

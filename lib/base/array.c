#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>

#define FIRST_ROOM 16 /* elements */

/* Returns the room that follows after room; or 0 if so many elements would have
 * more bytes than a size_t can count. reallocarray(3) is not asked, because it
 * ends the program under a sanitizer. */
static size_t next_room(size_t room, size_t size)
{
	size_t most = size ? SIZE_MAX / size : SIZE_MAX;

	if (!room)
		return FIRST_ROOM <= most ? FIRST_ROOM : 0;
	return room > most / 2 ? 0 : 2 * room;
}

void *array_grow(void *array, size_t count, size_t *room, size_t size)
{
	size_t wider = next_room(*room, size);
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
	size_t wider = next_room(*room, size);
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

#include <stdlib.h>

#include "base/file.h"
#include "map/map.h"
#include "map/trailer.h"

#define CHUNK ((size_t)256 * 1024)

static int copy_bytes(const struct map *map, int to, const char *path,
	char *chunk, struct error *error)
{
	int from = map_descriptor(map);
	uint64_t size = map_octets(map) + TRAILER_SIZE;

	for (uint64_t at = 0; at < size;) {
		size_t want = size - at < CHUNK ? (size_t)(size - at) : CHUNK;
		ssize_t got = file_read_at(from, chunk, want, (off_t)at);

		if (got < 0)
			return error_set_errno(
				error, "cannot read the map for %s", path);
		if ((size_t)got < want)
			return error_set(error, ERR_BAD,
				"the map became shorter while it was copied to "
				"%s",
				path);
		if (file_write(to, chunk, want))
			return error_set_errno(error, "cannot write %s", path);
		at += want;
	}
	return 0;
}

int map_copy(
	const struct map *map, int fd, const char *path, struct error *error)
{
	struct trailer trailer = { .first = MAP_VERSION_FIRST,
		.last = MAP_VERSION };
	char *chunk = malloc(CHUNK);
	int result;

	if (!chunk)
		return error_set(error, ERR_NOMEM, "out of memory");
	result = copy_bytes(map, fd, path, chunk, error);
	if (!result)
		result = trailer_check(fd, path, &trailer, -1, error);
	free(chunk);
	return result;
}

#include "state/statedir.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"

int state_open_map_file(
	int dirfd, const char *name, const char *shown, struct error *error)
{
	static const char *const here[] = { STATE_MAP, STATE_BUILD,
		STATE_DAMAGED, NULL };
	static const struct linkcheck_names ours = { here, STATE_HISTORY_DIR };

	return file_open_linked(dirfd, name, shown, &ours, NULL, error);
}

int state_open_map(
	const char *path, bool isolated, struct map **map, struct error *error)
{
	int code;
	int file = state_open_map_file(AT_FDCWD, path, path, error);

	if (file < 0)
		return file;
	code = map_open_file(map, file, path, isolated, error);
	close(file);
	return code;
}

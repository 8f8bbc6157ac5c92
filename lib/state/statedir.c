#include "state/statedir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

void state_path(
	const struct state *state, const char *name, char path[STATE_PATH_MAX])
{
	(void)snprintf(path, STATE_PATH_MAX, "%s/%s", state->dir, name);
}

int state_open_subdir(const struct state *state, const char *name, mode_t mode,
	bool create, struct error *error)
{
	char path[STATE_PATH_MAX];
	int result;
	int fd = openat(state->fd, name,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	state_path(state, name, path);
	if (fd >= 0)
		return fd;
	if (errno == ENOTDIR || errno == ELOOP)
		return error_set(error, ERR_BAD, "%s is not a directory", path);
	if (errno != ENOENT || !create)
		return state_set_errno(error, "cannot open %s", path);
	if (mkdirat(state->fd, name, 0700) && errno != EEXIST)
		return state_failed(error, file_error_create(path, error));
	fd = openat(state->fd, name,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return state_failed(error, file_error_create(path, error));
	if (file_own(fd, state->fd, mode, state->group) < 0 ||
		fsync(state->fd)) {
		result = state_set_errno(error, "cannot make %s", path);
		close(fd);
		return result;
	}
	return fd;
}

int state_open_map_file(
	int dirfd, const char *name, const char *shown, struct error *error)
{
	static const char *const here[] = { STATE_MAP, STATE_BUILD,
		STATE_DAMAGED, NULL };
	static const struct linkcheck_names ours = { here, STATE_HISTORY_DIR };

	return state_failed(error,
		file_open_linked(dirfd, name, shown, &ours, NULL, error));
}

int state_open_map(
	const char *path, bool isolated, struct map **map, struct error *error)
{
	int result;
	int file = state_open_map_file(AT_FDCWD, path, path, error);

	if (file < 0)
		return file;
	result = state_failed(
		error, map_open_file(map, file, path, isolated, error));
	close(file);
	return result;
}

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "state/approval.h"
#include "state/state.h"
#include "state/statedir.h"

/* Removes a file. Returns 1 if it was there, 0 if not, or a negative error. */
static int remove_file(
	const struct state *state, const char *name, struct error *error)
{
	char path[STATE_PATH_MAX];

	if (!unlinkat(state->fd, name, 0))
		return 1;
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	state_path(state, name, path);
	return state_set_errno(error, "cannot remove %s", path);
}

static int remove_history(const struct state *state,
	struct state_purged *purged, struct error *error)
{
	uint64_t *list = NULL;
	size_t count = 0;
	int result = state_history(state, &list, &count, error);

	for (size_t i = 0; result >= 0 && i < count; i++) {
		char name[STATE_NAME_MAX];

		state_history_name(name, list[i]);
		result = remove_file(state, name, error);
		purged->maps += result > 0;
	}
	free(list);
	return result < 0 ? result : 0;
}

/* Sets purged->other if anything is left in served/. The directory itself
 * stays: it belongs to the milter's user, which could not make it again, and
 * the systemd unit needs it for ReadWritePaths. */
static int look_into_served(const struct state *state,
	struct state_purged *purged, struct error *error)
{
	char path[STATE_PATH_MAX];
	struct dirent *entry;
	DIR *dir = NULL;
	int fd = openat(state->fd, STATE_SERVED_DIR,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int result = 0;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0;
	if (fd >= 0)
		dir = fdopendir(fd);
	errno = 0;
	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 &&
			strcmp(entry->d_name, "..") != 0)
			purged->other = true;
	}
	if (errno) {
		state_path(state, STATE_SERVED_DIR, path);
		result = state_set_errno(error, "cannot read %s", path);
	}
	if (dir)
		(void)closedir(dir);
	else if (fd >= 0)
		close(fd);
	return result;
}

static int remove_directory(const struct state *state, const char *name,
	struct state_purged *purged, struct error *error)
{
	char path[STATE_PATH_MAX];

	if (!unlinkat(state->fd, name, AT_REMOVEDIR) || errno == ENOENT)
		return 0;
	if (errno == ENOTEMPTY || errno == EEXIST) {
		purged->other = true;
		return 0;
	}
	state_path(state, name, path);
	return state_set_errno(error, "cannot remove %s", path);
}

int state_purge(
	struct state *state, struct state_purged *purged, struct error *error)
{
	/* The map goes first, so that the milter cannot serve a directory that
	 * is half removed. The audit log goes last but for the lock, which
	 * guards the rest. */
	static const char *const files[] = { STATE_APPROVED,
		STATE_APPROVED ".new", STATE_APPROVED_LOCK, STATE_BUILD,
		STATE_DAMAGED, STATE_NOTE, STATE_NOTE ".new", STATE_RELOAD_LOG,
		STATE_LOG_KEY, STATE_LOG_KEY ".new", STATE_AUTOROUTES,
		STATE_AUTOROUTES ".new", STATE_OBSERVED, STATE_OBSERVED ".new",
		STATE_SIZES, STATE_SIZES ".new", STATE_PROOFS,
		STATE_PROOFS ".new", STATE_USAGE, STATE_USAGE ".new",
		STATE_USAGE_BAD, STATE_DOCTOR, STATE_DOCTOR ".new",
		STATE_CLAIM };
	int approved = -1;
	int result;

	*purged = (struct state_purged){ 0 };
	state->newest_known = false;
	result = approval_lock(state, &approved, error);
	if (result < 0)
		return result;
	result = remove_file(state, STATE_MAP, error);
	purged->maps += result > 0;
	if (result >= 0)
		result = remove_history(state, purged, error);
	for (size_t i = 0; result >= 0 && i < sizeof files / sizeof *files; i++)
		result = remove_file(state, files[i], error);
	if (result >= 0)
		result = remove_directory(
			state, STATE_HISTORY_DIR, purged, error);
	if (!result)
		result = look_into_served(state, purged, error);
	if (!result) {
		result = remove_file(state, STATE_AUDIT, error);
		purged->audit = result > 0;
	}
	if (result >= 0 && fsync(state->fd))
		result = state_set_errno(error, "cannot write %s", state->dir);
	if (result >= 0)
		result = remove_file(state, STATE_LOCK, error);
	close(approved);
	if (result < 0)
		return result;
	close(state->lock);
	state->lock = -1;
	return 0;
}

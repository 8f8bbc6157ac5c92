#include "state/state.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "state/statedir.h"

#define LOCK_POLL_MS 20

/* Looks up the IDs of the configured user. Returns 1; 0 if there is no such
 * user; or a negative error. */
static int find_user(
	const char *name, uid_t *uid, gid_t *gid, struct error *error)
{
	char buffer[4096];
	struct passwd entry;
	struct passwd *found = NULL;
	int rc = getpwnam_r(name, &entry, buffer, sizeof buffer, &found);

	/* Any other error may mean that there is no such user. */
	if (rc == ENOMEM || rc == EMFILE || rc == ENFILE || rc == EIO) {
		errno = rc;
		return error_set_errno(error, "cannot look up user %s", name);
	}
	if (rc || !found)
		return 0;
	*uid = found->pw_uid;
	*gid = found->pw_gid;
	return 1;
}

/* True if neither a map nor a trace of one is in the directory. */
static bool is_fresh(int fd)
{
	static const char *const traces[] = { STATE_MAP, STATE_HISTORY_DIR,
		STATE_AUDIT, STATE_SERVED_DIR };
	struct stat status;

	for (size_t i = 0; i < sizeof traces / sizeof *traces; i++)
		if (!fstatat(fd, traces[i], &status, AT_SYMLINK_NOFOLLOW) ||
			errno != ENOENT)
			return false;
	return true;
}

/* Gives a fresh directory its mode and group; makes history/ and served/. */
static int equip(
	struct state *state, const struct config *config, struct error *error)
{
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;
	int known = 1;
	int fd;

	if (geteuid() == 0)
		known = find_user(config->user, &uid, &gid, error);
	if (known < 0)
		return known;
	if (file_own(state->fd, -1, STATE_MODE_DIR, gid) < 0)
		return state_set_errno(
			error, "cannot set group and mode of %s", state->dir);
	if (gid != (gid_t)-1)
		state->group = gid;
	fd = state_open_subdir(
		state, STATE_HISTORY_DIR, STATE_MODE_DIR, true, error);
	if (fd < 0)
		return fd;
	close(fd);
	if (!known) /* the milter makes served/ when the user exists */
		return 0;
	return state_make_served(state, uid, gid, error);
}

/* Writes the new directory's name to disk. Errors are ignored, since this
 * process may not have the right to read the parent. */
static void sync_parent(int fd)
{
	int parent = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (parent < 0)
		return;
	(void)fsync(parent);
	close(parent);
}

static int open_dir(
	struct state *state, bool create, bool *made, struct error *error)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

	state->fd = open(state->dir, flags);
	if (state->fd < 0 && errno == ENOENT) {
		if (!create)
			return error_set(error, ERR_NOENT,
				"%s does not exist; make it, and a "
				"first map in it, with `readdress init`",
				state->dir);
		if (mkdir(state->dir, 0700) && errno != EEXIST)
			return state_failed(
				error, file_error_create(state->dir, error));
		*made = true;
		state->fd = open(state->dir, flags);
		sync_parent(state->fd);
	}
	if (state->fd < 0 && errno == ENOTDIR)
		return error_set(
			error, ERR_BAD, "%s is not a directory", state->dir);
	if (state->fd < 0)
		return state_set_errno(error, "cannot open %s", state->dir);
	return 0;
}

static int check_dir(
	struct state *state, struct stat *status, struct error *error)
{
	if (fstat(state->fd, status))
		return state_set_errno(error, "cannot stat %s", state->dir);
	if (status->st_mode & S_IWOTH)
		return error_set(error, ERR_PERM,
			"every user may write in %s (mode %04o); check the "
			"files in it, then run `chmod o-w %s`",
			state->dir, (unsigned)(status->st_mode & 07777),
			state->dir);
	return 0;
}

static char *join(const char *dir, const char *name)
{
	size_t size = strlen(dir) + strlen(name) + 2;
	char *path = malloc(size);

	if (path)
		(void)snprintf(path, size, "%s/%s", dir, name);
	return path;
}

int state_open(struct state **opened, const struct config *config, bool create,
	struct error *error)
{
	struct stat status;
	bool made = false;
	int result = 0;
	struct state *state = calloc(1, sizeof *state);

	if (!state)
		return error_set(error, ERR_NOMEM, "out of memory");
	state->fd = state->lock = -1;
	state->history = (unsigned)config->history;
	state->dir = strdup(config->state_dir);
	state->map_path = join(config->state_dir, STATE_MAP);
	state->build_path = join(config->state_dir, STATE_BUILD);
	if (!state->dir || !state->map_path || !state->build_path) {
		result = error_set(error, ERR_NOMEM, "out of memory");
		goto out;
	}
	result = open_dir(state, create, &made, error);
	if (!result)
		result = check_dir(state, &status, error);
	if (result)
		goto out;
	state->group = status.st_gid;
	if (create && status.st_uid == geteuid() && is_fresh(state->fd))
		result = equip(state, config, error);
out:
	if (!result) {
		*opened = state;
		return 0;
	}
	if (made) {
		(void)unlinkat(state->fd, STATE_SERVED_DIR, AT_REMOVEDIR);
		(void)unlinkat(state->fd, STATE_HISTORY_DIR, AT_REMOVEDIR);
		(void)rmdir(state->dir);
	}
	state_close(state);
	return result;
}

void state_close(struct state *state)
{
	if (!state)
		return;
	if (state->lock >= 0)
		close(state->lock); /* ends the lock */
	if (state->fd >= 0)
		close(state->fd);
	free(state->dir);
	free(state->map_path);
	free(state->build_path);
	free(state);
}

const char *state_dir(const struct state *state)
{
	return state->dir;
}

const char *state_build_path(const struct state *state)
{
	return state->build_path;
}

/* Returns ERR_BUSY with a text that names the holder, as its file says. */
static int busy(const struct state *state, const char *name, int fd,
	unsigned seconds, struct error *error)
{
	char text[32] = "";
	ssize_t got = file_read_at(fd, text, sizeof text - 1, 0);
	long pid = got > 0 ? strtol(text, NULL, 10) : 0;

	if (!pid)
		return error_set(error, ERR_BUSY,
			"another readdress holds %s/%s (waited %u s): try "
			"again when it is done",
			state->dir, name, seconds);
	return error_set(error, ERR_BUSY,
		"another readdress is changing the map in %s (process %ld; "
		"waited %u s for %s/%s): try again when it is done",
		state->dir, pid, seconds, state->dir, name);
}

static int wait_lock(const struct state *state, const char *name, int fd,
	unsigned seconds, struct error *error)
{
	const struct timespec pause = { 0, LOCK_POLL_MS * 1000000L };
	const uint64_t end = clock_ms() + (uint64_t)seconds * 1000;

	for (;;) {
		struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

		if (!fcntl(fd, F_OFD_SETLK, &lock))
			return 0;
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return state_set_errno(
				error, "cannot lock %s/%s", state->dir, name);
		if (clock_ms() >= end)
			return busy(state, name, fd, seconds, error);
		(void)nanosleep(&pause, NULL);
	}
}

/* True if fd is still the lock's file. A purge removes the file while it holds
 * the lock. */
static bool is_current(const struct state *state, const char *name, int fd)
{
	struct stat ours;
	struct stat named;

	return !fstat(fd, &ours) &&
	       !fstatat(state->fd, name, &named, AT_SYMLINK_NOFOLLOW) &&
	       ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/* Opens and checks the lock's file. Returns the descriptor or an error. */
static int open_lock(
	const struct state *state, const char *name, struct error *error)
{
	char path[STATE_PATH_MAX];
	struct stat file;
	int result;
	int fd = openat(state->fd, name,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	state_path(state, name, path);
	if (fd < 0)
		return state_failed(error, file_error_create(path, error));
	if (fstat(fd, &file))
		result = state_set_errno(error, "cannot stat %s", path);
	else
		result = state_failed(error,
			linkcheck(state->fd, name, &file, NULL, path, error));
	if (!result)
		return fd;
	close(fd);
	return result;
}

int state_take_lock(const struct state *state, const char *name,
	unsigned seconds, struct error *error)
{
	for (;;) {
		int fd = open_lock(state, name, error);
		int result;

		if (fd < 0)
			return fd;
		result = wait_lock(state, name, fd, seconds, error);
		if (!result && is_current(state, name, fd)) {
			/* It may have another owner, which is fine. */
			if (file_own(fd, state->fd, STATE_MODE_FILE,
				    state->group) >= 0 ||
				errno == EPERM)
				return fd;
			result = state_set_errno(error,
				"cannot set the mode of %s/%s", state->dir,
				name);
		}
		close(fd);
		if (result)
			return result;
	}
}

/* Writes the process ID for the message of busy(). Errors are ignored. */
static void sign_lock(int fd)
{
	char text[32];
	int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)len, 0) != len)
		return;
}

int state_lock(struct state *state, unsigned seconds, struct error *error)
{
	int fd;

	if (state->lock >= 0)
		return 0;
	fd = state_take_lock(state, STATE_LOCK, seconds, error);
	if (fd < 0)
		return fd;
	/* A writer that died may have left it. */
	if (unlinkat(state->fd, STATE_BUILD, 0) && errno != ENOENT) {
		int result = state_set_errno(
			error, "cannot remove %s", state->build_path);

		close(fd);
		return result;
	}
	sign_lock(fd);
	state->lock = fd;
	return 0;
}

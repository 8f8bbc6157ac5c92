#include "runtime/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int join(
	char path[PATH_MAX], const char *runtime_dir, struct error *error)
{
	if (snprintf(path, PATH_MAX, "%s/pid", runtime_dir) >= PATH_MAX)
		return error_set(error, ERR_IO, "%s/pid: the path is too long",
			runtime_dir);
	return 0;
}

static struct flock whole_file(short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET };
}

int pidfile_running(const char *runtime_dir, pid_t *pid, struct error *error)
{
	struct flock lock = whole_file(F_WRLCK);
	char path[PATH_MAX];
	int result = join(path, runtime_dir, error);
	int fd;

	if (result < 0)
		return result;
	/* This may run as root: a link must not lead to the lock of another
	 * process. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return error_set_errno(error, "cannot open %s", path);
	if (fcntl(fd, F_GETLK, &lock) < 0) {
		result = error_set_errno(
			error, "cannot read the lock of %s", path);
	} else if (lock.l_type != F_UNLCK) {
		/* The number is not positive if the holder is in another PID
		 * namespace. */
		if (lock.l_pid > 0) {
			*pid = lock.l_pid;
			result = 1;
		} else {
			result = error_set(error, ERR_PERM,
				"%s: the milter runs in another container",
				path);
		}
	}
	(void)close(fd);
	return result;
}

static int write_pid(int fd, const char *path, struct error *error)
{
	char text[32];
	int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());

	if (fchmod(fd, 0644) < 0 || ftruncate(fd, 0) < 0 ||
		pwrite(fd, text, (size_t)len, 0) != len)
		return error_set_errno(error, "cannot write %s", path);
	return 0;
}

/* Returns ERR_PERM with a text that says how to make the directory, or another
 * user's file in it, writable. */
static int not_writable(
	const char *runtime_dir, const char *path, struct error *error)
{
	char buffer[4096];
	char user[64];
	struct passwd entry;
	struct passwd *found = NULL;

	if (getpwuid_r(geteuid(), &entry, buffer, sizeof buffer, &found) ||
		!found)
		(void)snprintf(
			user, sizeof user, "%lu", (unsigned long)geteuid());
	else
		(void)snprintf(user, sizeof user, "%.60s", found->pw_name);
	return error_set(error, ERR_PERM,
		"%s: %s: user %s may not write it; run `chown %s %s`", path,
		strerror(EACCES), user, user,
		access(path, F_OK) ? runtime_dir : path);
}

int pidfile_may_claim(const char *runtime_dir, struct error *error)
{
	char path[PATH_MAX];
	int result = join(path, runtime_dir, error);
	int fd;

	if (result < 0)
		return result;
	fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		(void)close(fd);
		return 0;
	}
	if (errno == ENOENT &&
		(access(runtime_dir, W_OK | X_OK) == 0 || errno == ENOENT))
		return 0;
	if (errno == EACCES)
		return not_writable(runtime_dir, path, error);
	return error_set_errno(error, "cannot open %s", path);
}

int pidfile_claim(const char *runtime_dir, int *fd, struct error *error)
{
	struct flock lock = whole_file(F_WRLCK);
	char path[PATH_MAX];
	int result = join(path, runtime_dir, error);

	*fd = -1;
	if (result < 0)
		return result;
	*fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (*fd < 0 && errno == EACCES)
		return not_writable(runtime_dir, path, error);
	if (*fd < 0)
		return error_set_errno(error, "cannot open %s", path);
	if (!fcntl(*fd, F_SETLK, &lock))
		result = write_pid(*fd, path, error);
	else if (errno == EAGAIN || errno == EACCES)
		result = error_set(error, ERR_BUSY,
			"%s: another readdress-milter holds the lock on it",
			path);
	else
		result = error_set_errno(error, "cannot lock %s", path);
	if (result < 0) {
		(void)close(*fd);
		*fd = -1;
	}
	return result;
}

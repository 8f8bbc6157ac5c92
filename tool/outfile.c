#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static const char *name_of_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO or a pipe";
	case S_IFCHR:
		return "a character device";
	case S_IFBLK:
		return "a block device";
	case S_IFSOCK:
		return "a socket";
	default:
		return "something else";
	}
}

static int refuse(const char *path, const char *found, struct error *error)
{
	return error_set(error, ERR_BAD,
		"%s: found %s, expected a regular file or a new name; name "
		"another file",
		path, found);
}

/* True if the file is standard output or standard error. */
static bool is_standard(const struct stat *status)
{
	struct stat ours;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (!fstat(fd, &ours) && ours.st_dev == status->st_dev &&
			ours.st_ino == status->st_ino)
			return true;
	return false;
}

int outfile_find(const char *path, char found[PATH_MAX], struct error *error)
{
	struct stat status;

	if (stat(path, &status)) {
		if (errno != ENOENT)
			return file_error_create(path, error);
		if (!lstat(path, &status))
			return refuse(path,
				"a symbolic link that leads to no file", error);
		if (snprintf(found, PATH_MAX, "%s", path) < PATH_MAX)
			return 0;
		errno = ENAMETOOLONG;
		return file_error_create(path, error);
	}
	if (!S_ISREG(status.st_mode))
		return refuse(path, name_of_kind(status.st_mode), error);
	if (is_standard(&status))
		return refuse(path, "standard output or standard error", error);
	return realpath(path, found) ? 0 : file_error_create(path, error);
}

/* Returns the length of the directory in a path, with its slash. */
static int directory_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (int)(slash + 1 - path) : 0;
}

int outfile_open(struct outfile *file, const char *path, mode_t mode,
	struct error *error)
{
	int result;

	*file = (struct outfile){ .shown = path, .fd = -1 };
	result = outfile_find(path, file->path, error);
	if (result)
		return result;
	if (snprintf(file->fresh, sizeof file->fresh, "%.*s.readdress-XXXXXX",
		    directory_len(file->path),
		    file->path) < (int)sizeof file->fresh)
		file->fd = mkostemp(file->fresh, O_CLOEXEC);
	else
		errno = ENAMETOOLONG;
	if (file->fd >= 0) {
		mode_t mask = umask(077);

		(void)umask(mask);
		if (!fchmod(file->fd, mode & ~mask))
			return 0;
		return error_set_errno(error, "cannot write %s", path);
	}
	file->fresh[0] = '\0';
	return file_error_create(path, error);
}

/* Syncs the directory of the file, so that a crash does not take the name away.
 */
static int sync_directory(const struct outfile *file)
{
	char directory[PATH_MAX];
	int len = directory_len(file->path);
	int result;
	int fd;

	(void)snprintf(directory, sizeof directory, "%.*s", len ? len : 1,
		len ? file->path : ".");
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	result = fsync(fd);
	(void)close(fd);
	return result;
}

int outfile_commit(struct outfile *file, struct error *error)
{
	if (fsync(file->fd) || rename(file->fresh, file->path))
		return error_set_errno(error, "cannot write %s", file->shown);
	file->fresh[0] = '\0';
	if (sync_directory(file))
		return error_set_errno(error, "cannot write %s", file->shown);
	return 0;
}

void outfile_close(struct outfile *file)
{
	if (file->fd >= 0)
		(void)close(file->fd);
	if (file->fresh[0])
		(void)unlink(file->fresh);
	file->fd = -1;
	file->fresh[0] = '\0';
}

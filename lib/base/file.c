#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int not_regular(const char *shown, mode_t mode, struct error *error)
{
	const char *what = "is not a regular file";

	if (S_ISDIR(mode))
		what = "is a directory, not a regular file";
	else if (S_ISFIFO(mode))
		what = "is a FIFO, not a regular file";
	else if (S_ISLNK(mode))
		what = "is a symbolic link, not a regular file";
	return error_set(error, ERR_BAD, "%s %s", shown, what);
}

int file_open(int dirfd, const char *name, const char *shown,
	struct stat *status, struct error *error)
{
	return file_open_linked(dirfd, name, shown, NULL, status, error);
}

int file_open_linked(int dirfd, const char *name, const char *shown,
	const struct linkcheck_names *ours, struct stat *status,
	struct error *error)
{
	struct stat own;
	int result;
	int fd = openat(dirfd, name,
		O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);

	if (!status)
		status = &own;
	if (fd < 0) {
		if (errno == ELOOP)
			return not_regular(shown, S_IFLNK, error);
		if (errno == ENXIO || errno == ENODEV)
			return not_regular(shown, S_IFSOCK, error);
		if (errno == ENOTDIR && strrchr(shown, '/'))
			return error_set(error, ERR_BAD,
				"%.*s is not a directory",
				(int)(strrchr(shown, '/') - shown), shown);
		return error_set_errno(error, "cannot open %s", shown);
	}
	if (fstat(fd, status)) {
		result = error_set_errno(error, "cannot stat %s", shown);
		close(fd);
		return result;
	}
	if (!S_ISREG(status->st_mode)) {
		close(fd);
		return not_regular(shown, status->st_mode, error);
	}
	result = linkcheck(dirfd, name, status, ours, shown, error);
	if (result) {
		close(fd);
		return result;
	}
	return fd;
}

int file_write(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t done = write(fd, at, len);

		if (done < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		at += done;
		len -= (size_t)done;
	}
	return 0;
}

ssize_t file_read_at(int fd, void *data, size_t len, off_t offset)
{
	char *at = data;
	size_t have = 0;

	while (have < len) {
		ssize_t got =
			pread(fd, at + have, len - have, offset + (off_t)have);

		if (got < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (!got)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

int file_read_small(int dirfd, const char *name, const char *shown, char *text,
	size_t size, struct error *error)
{
	int result;
	ssize_t got;
	int fd = file_open(dirfd, name, shown, NULL, error);

	if (fd < 0)
		return fd;
	got = file_read_at(fd, text, size, 0);
	if (got < 0)
		result = error_set_errno(error, "cannot read %s", shown);
	else if ((size_t)got == size)
		result = error_set(error, ERR_BAD,
			"%s is longer than %zu bytes", shown, size - 1);
	else
		result = (int)got;
	if (result >= 0)
		text[result] = '\0';
	close(fd);
	return result;
}

int file_own(int fd, int dirfd, mode_t mode, gid_t group)
{
	int changed = 0;
	struct stat status;
	struct stat dir;

	if (fstat(fd, &status) || (dirfd >= 0 && fstat(dirfd, &dir)))
		return -1;
	if (dirfd >= 0 && geteuid() == 0 && status.st_uid != dir.st_uid) {
		if (fchown(fd, dir.st_uid, (gid_t)-1))
			return -1;
		changed = 1;
	}
	if (group != (gid_t)-1 && status.st_gid != group) {
		/* A user who is not root and not in the group of the directory
		 * cannot give the file to that group: the file keeps the group
		 * of the user. */
		if (!fchown(fd, (uid_t)-1, group))
			changed = 1;
		else if (errno != EPERM || geteuid() == 0)
			return -1;
	}
	/* This comes after fchown(2), which clears the set-group-ID bit. */
	if (changed || (status.st_mode & 07777) != mode) {
		if (fchmod(fd, mode))
			return -1;
		changed = 1;
	}
	return changed;
}

int file_error_create(const char *shown, struct error *error)
{
	int result = error_set_errno(error, "cannot create %s", shown);

	return result == ERR_IO || result == ERR_NOENT ? ERR_CREATE : result;
}

int file_replace(int dirfd, const char *name, const char *shown, mode_t mode,
	gid_t group, const void *data, size_t len, struct error *error)
{
	char fresh[256];
	int result = 0;
	int fd = -1;

	(void)snprintf(fresh, sizeof fresh, "%s.new", name);
	if (unlinkat(dirfd, fresh, 0) && errno != ENOENT)
		return file_error_create(shown, error);
	fd = openat(dirfd, fresh,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return file_error_create(shown, error);
	if (file_own(fd, dirfd, mode, group) < 0 || file_write(fd, data, len) ||
		fsync(fd) || renameat(dirfd, fresh, dirfd, name)) {
		result = error_set_errno(error, "cannot write %s", shown);
		(void)unlinkat(dirfd, fresh, 0);
	} else if (fsync(dirfd)) {
		result = error_set_errno(error, "cannot write %s", shown);
	}
	close(fd);
	return result;
}

/* Writes the line at the end of the file, whose length is end. Its last line
 * may lack the newline. */
static int append(int fd, const char *line, off_t end)
{
	char last = '\n';
	char text[ERROR_TEXT_MAX + 1024];
	int len;

	if (end > 0 && file_read_at(fd, &last, 1, end - 1) != 1)
		return -1;
	len = snprintf(
		text, sizeof text, "%s%s\n", last == '\n' ? "" : "\n", line);
	if (len < 0 || (size_t)len >= sizeof text) {
		errno = EMSGSIZE;
		return -1;
	}
	return file_write(fd, text, (size_t)len) || fsync(fd) ? -1 : 0;
}

int file_replace_in(const char *dir, const char *name, mode_t mode,
	const void *data, size_t len, struct error *error)
{
	char shown[ERROR_TEXT_MAX];
	struct stat status;
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result;

	if (dirfd < 0)
		return error_set_errno(error, "cannot open %s", dir);
	/* A name that does not fit is cut: it is for messages alone. */
	if (snprintf(shown, sizeof shown, "%s/%s", dir, name) < 0)
		shown[0] = '\0';
	if (fstat(dirfd, &status))
		result = error_set_errno(error, "cannot examine %s", dir);
	else
		result = file_replace(dirfd, name, shown, mode, status.st_gid,
			data, len, error);
	(void)close(dirfd);
	return result;
}

int file_append_line(int dirfd, const char *name, const char *shown,
	mode_t mode, gid_t group, const char *line, struct error *error)
{
	struct stat status;
	int result = 0;
	int fd = openat(dirfd, name,
		O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK | O_NOFOLLOW |
			O_CLOEXEC | O_NOCTTY,
		0600);

	if (fd < 0)
		return file_error_create(shown, error);
	if (fstat(fd, &status)) {
		result = error_set_errno(error, "cannot stat %s", shown);
		goto out;
	}
	if (!S_ISREG(status.st_mode)) {
		result = not_regular(shown, status.st_mode, error);
		goto out;
	}
	result = linkcheck(dirfd, name, &status, NULL, shown, error);
	if (result)
		goto out;
	if ((status.st_size == 0 &&
		    (file_own(fd, dirfd, mode, group) < 0 || fsync(dirfd))) ||
		append(fd, line, status.st_size)) {
		result = error_set_errno(error, "cannot write %s", shown);
		/* If this fails, the next append ends the line that was cut
		 * short. */
		if (ftruncate(fd, status.st_size))
			result = ERR_IO;
	}
out:
	close(fd);
	return result;
}

#include "base/linkcheck.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_same(int dir, const char *name, const struct stat *file)
{
	struct stat there;

	return !fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) &&
	       there.st_dev == file->st_dev && there.st_ino == file->st_ino;
}

/* Returns how many of these names are names of the file. */
static nlink_t own_names(
	int top, const struct linkcheck_names *ours, const struct stat *file)
{
	struct dirent *entry;
	nlink_t count = 0;
	DIR *dir;
	int fd;

	for (const char *const *name = ours->here; *name; name++)
		count += is_same(top, *name, file);
	fd = openat(top, ours->below,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return count;
	}
	while ((entry = readdir(dir)))
		count += is_same(dirfd(dir), entry->d_name, file);
	closedir(dir);
	return count;
}

/* Opens the directory that contains name. Sets *is_below if that directory is
 * the one that is called below, which may be NULL. */
static int open_parent(
	int dirfd, const char *name, const char *below, bool *is_below)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(name, '/');
	const char *last;

	(void)snprintf(parent, sizeof parent, "%.*s",
		slash ? (int)(slash - name) + (slash == name) : 1,
		slash ? name : ".");
	last = strrchr(parent, '/');
	*is_below = below && !strcmp(last ? last + 1 : parent, below);
	return openat(dirfd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int linkcheck(int dirfd, const char *name, const struct stat *file,
	const struct linkcheck_names *ours, const char *shown,
	struct error *error)
{
	struct stat parent;
	bool is_below = false;
	bool good = false;
	int top = -1;
	int dir;
	int result = 0;

	if (file->st_nlink <= 1)
		return 0;
	dir = open_parent(dirfd, name, ours ? ours->below : NULL, &is_below);
	if (dir < 0 || fstat(dir, &parent)) {
		result = error_set_errno(
			error, "cannot open the directory of %s", shown);
		goto out;
	}
	good = parent.st_uid == 0 || parent.st_uid == geteuid();
	if (!good && ours) {
		top = openat(dir, is_below ? ".." : ".",
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		good = top >= 0 && own_names(top, ours, file) >= file->st_nlink;
	}
	if (!good)
		result = error_set(error, ERR_BAD,
			"%s has %lu hard links and is in a directory of "
			"another user (uid %ld), who can link any file there; "
			"expected a file with one name: check its content, and "
			"if it is right, replace the file with a copy of it",
			shown, (unsigned long)file->st_nlink,
			(long)parent.st_uid);
out:
	if (top >= 0)
		close(top);
	if (dir >= 0)
		close(dir);
	return result;
}

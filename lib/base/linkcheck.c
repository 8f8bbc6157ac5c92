#include "base/linkcheck.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "state/statedir.h"

static bool is_same(int dir, const char *name, const struct stat *file)
{
	struct stat there;

	return !fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) &&
	       there.st_dev == file->st_dev && there.st_ino == file->st_ino;
}

/* In how many places of a state directory a map may stand, and stands. */
static nlink_t own_names(int state, const struct stat *file)
{
	static const char *const names[] = { STATE_MAP, STATE_BUILD,
		STATE_DAMAGED };
	struct dirent *entry;
	nlink_t count = 0;
	DIR *dir;
	int fd;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		count += is_same(state, names[i], file);
	fd = openat(state, STATE_HISTORY_DIR,
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

/* The directory of name, opened. *history: it is a history/. */
static int open_parent(int dirfd, const char *name, bool *history)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(name, '/');
	const char *last;

	(void)snprintf(parent, sizeof parent, "%.*s",
		slash ? (int)(slash - name) + (slash == name) : 1,
		slash ? name : ".");
	last = strrchr(parent, '/');
	*history = !strcmp(last ? last + 1 : parent, STATE_HISTORY_DIR);
	return openat(dirfd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int linkcheck(int dirfd, const char *name, const struct stat *file,
	const char *shown, struct error *error)
{
	struct stat parent;
	bool history = false;
	bool good = false;
	int state = -1;
	int dir;
	int code = 0;

	if (file->st_nlink <= 1)
		return 0;
	dir = open_parent(dirfd, name, &history);
	if (dir < 0 || fstat(dir, &parent)) {
		code = error_set_errno(
			error, "cannot open the directory of %s", shown);
		goto out;
	}
	good = parent.st_uid == 0 || parent.st_uid == geteuid();
	if (!good) {
		state = openat(dir, history ? ".." : ".",
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		good = state >= 0 && own_names(state, file) >= file->st_nlink;
	}
	if (!good)
		code = error_set(error, ERR_BAD,
			"%s has %lu names (hard links), in a directory of "
			"another user (%ld), who can make any file so: if it "
			"is "
			"what it should be, put a copy in its place",
			shown, (unsigned long)file->st_nlink,
			(long)parent.st_uid);
out:
	if (state >= 0)
		close(state);
	if (dir >= 0)
		close(dir);
	return code;
}

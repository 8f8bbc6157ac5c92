#include "permission.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SHOWN 64

/* What a start opens, in this order. */
static const struct {
	const char *name; /* appended to state_dir */
	int access;	  /* what the milter needs */
	mode_t mode;	  /* what the file should have */
	bool own;	  /* the milter's user owns it; else root does */
} files[] = {
	{ "", R_OK | X_OK, 02750, false },
	{ "/served", R_OK | W_OK | X_OK, 0750, true },
	{ "/served/generation", R_OK, 0640, true },
	{ "/map.mdb", R_OK, 0640, false },
	{ "/history", R_OK | X_OK, 02750, false },
	{ "/served/log.key", R_OK, 0600, true },
	{ "/served/required", R_OK, 0640, true },
	{ "/served/reload.log", W_OK, 0640, true },
	{ "/served/lock", W_OK, 0640, true },
};

static bool is_denied(const char *path, int access)
{
	return faccessat(AT_FDCWD, path, access, AT_EACCESS) != 0 &&
	       errno == EACCES;
}

/* Finds a generation in history/ that may not be read. False if none is. */
static bool find_generation(const char *state_dir, char path[PATH_MAX])
{
	char history[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	if (snprintf(history, sizeof history, "%s/history", state_dir) >=
		(int)sizeof history)
		return false;
	dir = opendir(history);
	while (dir && !found && (entry = readdir(dir)) != NULL)
		found = snprintf(path, PATH_MAX, "%s/%s", history,
				entry->d_name) < PATH_MAX &&
			is_denied(path, R_OK);
	if (dir)
		(void)closedir(dir);
	return found;
}

void permission_explain(const struct config *config, struct error *error)
{
	const struct passwd *user = getpwuid(geteuid());
	const struct group *group = getgrgid(getegid());
	const char *name = user ? user->pw_name : "of this process";
	const size_t count = sizeof files / sizeof *files;
	char path[PATH_MAX];
	char advice[2 * PATH_MAX + 4 * NAME_SHOWN];
	char owner[2 * NAME_SHOWN + 2];
	struct stat there;
	mode_t mode = 0640;
	bool own = false;
	size_t i = 0;

	if (geteuid() == 0)
		return;
	for (; i < count; i++)
		if (snprintf(path, sizeof path, "%s%s", config->state_dir,
			    files[i].name) < (int)sizeof path &&
			is_denied(path, files[i].access))
			break;
	if (i < count) {
		mode = files[i].mode;
		own = files[i].own;
	} else if (!find_generation(config->state_dir, path)) {
		return;
	}
	if (!user || strcmp(name, config->user) != 0) {
		(void)snprintf(advice, sizeof advice,
			"run it as root or as user %s", config->user);
	} else if (lstat(path, &there) != 0 && errno == EACCES) {
		(void)snprintf(advice, sizeof advice,
			"`namei -l %s` shows which directory above it lacks "
			"the right x; give it with `chmod a+x`",
			path);
	} else {
		(void)snprintf(owner, sizeof owner, "%.*s:%.*s", NAME_SHOWN,
			own ? name : "root", NAME_SHOWN,
			group ? group->gr_name : name);
		(void)snprintf(advice, sizeof advice,
			"run `chown %s %s && chmod %o %s`", owner, path,
			(unsigned)mode, path);
	}
	error_append(error, "; user %s may not use %s: %s", name, path, advice);
}

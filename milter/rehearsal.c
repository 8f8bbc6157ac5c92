#include "rehearsal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/logsink.h"
#include "state/serving.h"
#include "state/state.h"
#include "runtime/pidfile.h"

/* Writes the parent directory of path. */
static void parent_of(const char *path, char directory[PATH_MAX])
{
	char *slash;

	(void)snprintf(directory, PATH_MAX, "%s", path);
	slash = strrchr(directory, '/');
	if (slash == directory)
		slash[1] = '\0';
	else if (slash)
		*slash = '\0';
}

/* Checks that the directory exists or can be made. what is how the start's
 * message names it. */
static int try_directory(
	const char *directory, const char *what, struct error *error)
{
	char parent[PATH_MAX];
	struct stat there;
	int result;

	if (lstat(directory, &there) == 0)
		return 0;
	parent_of(directory, parent);
	if (errno == ENOENT && access(parent, W_OK | X_OK) == 0)
		return 0;
	result = error_set_errno(error, "cannot make %s %s", what, directory);
	return result == ERR_PERM ? result : ERR_CREATE;
}

int rehearsal_before(const struct config *config,
	const struct listener *listeners, size_t count, struct error *error)
{
	char directory[PATH_MAX];
	int result = 0;

	for (size_t i = 0; !result && i < count; i++) {
		if (!listeners[i].path)
			continue;
		parent_of(listeners[i].path, directory);
		result = try_directory(directory, "the directory", error);
	}
	if (!result)
		result = try_directory(
			config->runtime_dir, "runtime_dir", error);
	return result;
}

/* Returns 1 if a process listens on the socket, and sets *pid if it is known; 0
 * if none does; -1 with errno if this cannot be found out. */
static int who_listens(const struct listener *listener, pid_t *pid)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof peer;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int result = -1;
	int saved;

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&listener->address,
		    listener->address_len) == 0)
		result = 1;
	else if (errno == EAGAIN)
		result = 1; /* the backlog is full, *pid is not known */
	else if (errno == ECONNREFUSED || errno == ENOENT)
		result = 0;
	saved = errno;
	if (result == 1 &&
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
		*pid = peer.pid;
	(void)close(fd);
	errno = saved;
	return result;
}

/* Checks a unix socket. may_be_held: systemd may listen there already. ours is
 * the milter that runs with this configuration, or 0. */
static int try_unix(const struct config *config,
	const struct listener *listener, bool may_be_held, pid_t ours,
	struct error *error)
{
	const char *path = listener->path;
	char directory[PATH_MAX];
	struct stat there;
	pid_t other = 0;
	int listens;
	bool found = lstat(path, &there) == 0;

	if (!found && errno != ENOENT) {
		(void)error_set_errno(error, "cannot stat %s", path);
		return ERR_CREATE;
	}
	parent_of(path, directory);
	if (!found && lstat(directory, &there) != 0)
		return 0; /* the start makes it */
	if (access(directory, W_OK | X_OK) != 0) {
		int saved = errno;

		(void)error_set_errno(error,
			"cannot listen on %s: this user may not write in %s",
			listener->name, directory);
		listener_advise(
			listener, config->user, config->socket_group, error);
		return saved == ENOMEM ? ERR_NOMEM : ERR_CREATE;
	}
	if (!found)
		return 0;
	if (!S_ISSOCK(there.st_mode))
		return error_set(error, ERR_CREATE,
			"%s exists and is not a socket; it was left as it is",
			path);
	listens = who_listens(listener, &other);
	/* The look-up socket may be one that systemd holds for the milter. */
	if (listens == 1 && other == 1 && may_be_held)
		return 0;
	if (listens < 0) {
		(void)error_set_errno(error,
			"%s: cannot find out whether another program listens "
			"there",
			path);
		return ERR_CREATE;
	}
	if (listens && (!ours || (other > 0 && other != ours)))
		return error_set(error, ERR_BUSY,
			"%s: another program listens there", path);
	return 0;
}

static int try_inet(
	const struct listener *listener, pid_t ours, struct error *error)
{
	int one = 1;
	int result = 0;
	int fd = socket(
		listener->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		(void)setsockopt(
			fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (fd < 0 || (bind(fd, (const struct sockaddr *)&listener->address,
			       listener->address_len) != 0 &&
			      !(errno == EADDRINUSE && ours))) {
		(void)error_set_errno(
			error, "cannot listen on %s", listener->name);
		result = ERR_CREATE;
	}
	if (fd >= 0)
		(void)close(fd);
	return result;
}

/* Checks served/. A start as root gives it to the user, so its owner is not
 * checked then. */
static int try_served(const struct config *config,
	const struct daemon_account *account, pid_t ours, uint64_t generation,
	struct error *error)
{
	struct state *state = NULL;
	uint64_t served = 0;
	uint64_t previous = 0;
	char path[PATH_MAX];
	struct stat there;
	pid_t pid = 0;
	int result = state_open(&state, config, false, error);

	if (result < 0)
		return result;
	if (!ours && serving_process(state, &pid, NULL) > 0)
		result = error_set(error, ERR_BUSY,
			"another readdress-milter serves %s (it holds "
			"%s/served/lock): give each milter a state_dir of its "
			"own",
			config->state_dir, config->state_dir);
	if (!result)
		result = state_served(state, &served, &previous, error);
	state_close(state);
	if (result < 0 || account->root)
		return result;
	(void)snprintf(path, sizeof path, "%s/served", config->state_dir);
	if (lstat(path, &there) != 0) {
		if (access(config->state_dir, W_OK | X_OK) == 0)
			return 0;
		result = error_set_errno(error, "cannot create %s", path);
		return result == ERR_PERM ? result : ERR_CREATE;
	}
	(void)snprintf(
		path, sizeof path, "%s/served/log.key", config->state_dir);
	if (served == generation && lstat(path, &there) == 0)
		return 0;
	(void)snprintf(path, sizeof path, "%s/served", config->state_dir);
	return access(path, W_OK | X_OK) == 0
		       ? 0
		       : error_set_errno(
				 error, "cannot create a file in %s", path);
}

/* Checks that syslog takes log lines. Returns 1 with a warning if not. */
static int try_log(const struct config *config, struct error *error)
{
	if (config->log_target != LOG_TARGET_SYSLOG ||
		access(LOGSINK_SYSLOG, W_OK) == 0)
		return 0;
	(void)error_set_errno(error,
		"log_target = \"syslog\", but log lines will be dropped until "
		"a syslog daemon takes them: " LOGSINK_SYSLOG);
	return 1;
}

int rehearsal_after(const struct config *config,
	const struct daemon_account *account, const struct listener *listeners,
	size_t count, uint64_t generation, struct error *error)
{
	pid_t ours = 0;
	int result = pidfile_running(config->runtime_dir, &ours, error);

	if (result < 0)
		return result;
	result = pidfile_may_claim(config->runtime_dir, error);
	if (!result)
		result = try_served(config, account, ours, generation, error);
	for (size_t i = 0; !result && i < count; i++)
		result = listeners[i].path
				 ? try_unix(config, &listeners[i], i > 0, ours,
					   error)
				 : try_inet(&listeners[i], ours, error);
	return result < 0 ? result : try_log(config, error);
}

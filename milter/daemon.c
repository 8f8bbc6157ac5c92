#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define WHERE_SIZE 256

bool daemon_needs_group(const char *socket, const char *lookup_socket)
{
	return listener_is_unix(socket) ||
	       (*lookup_socket && listener_is_unix(lookup_socket));
}

bool daemon_access(const struct config *config, struct listener_access *access)
{
	const struct group *group = getgrnam(config->socket_group);

	*access = (struct listener_access){
		.mode = config->socket_mode,
		.user = config->user,
		.group = config->socket_group,
		.gid = group ? group->gr_gid : (gid_t)-1,
	};
	/* The file then has another group, which must get no access. */
	if (!group)
		access->mode &= ~(mode_t)070;
	return group != NULL;
}

/* True if this errno of getpwnam() or getgrnam() means that the look-up failed,
 * and not that there is no such name. */
static bool cannot_tell(int number)
{
	static const int passing[] = { EIO, EMFILE, ENFILE, ENOMEM, EAGAIN,
		ESTALE, ETIMEDOUT, ECONNREFUSED };

	for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
		if (number == passing[i])
			return true;
	return false;
}

/* Writes "path:line: ", or "path: " if the option has its default. Returns
 * where. */
static const char *option_at(
	const struct config *config, int line, char where[WHERE_SIZE])
{
	char number[16] = "";

	if (line)
		(void)snprintf(number, sizeof number, ":%d", line);
	(void)snprintf(where, WHERE_SIZE, "%.200s%s: ", config->path, number);
	return where;
}

int daemon_no_group(const struct config *config, struct error *error)
{
	char where[WHERE_SIZE];

	return error_set(error, ERR_CONFIG,
		"%ssocket_group %s does not exist (is Postfix installed?); "
		"make it: groupadd --system %s",
		option_at(config, config->socket_group_line, where),
		config->socket_group, config->socket_group);
}

int daemon_account(const struct config *config, struct daemon_account *account,
	struct error *error)
{
	const struct passwd *user;
	char where[WHERE_SIZE];

	*account = (struct daemon_account){
		.root = geteuid() == 0,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
	};
	errno = 0;
	account->group_missing = !daemon_access(config, &account->access);
	if (account->group_missing && cannot_tell(errno))
		return error_set_errno(error, "cannot look up socket_group %s",
			config->socket_group);
	if (!account->root)
		return 0;
	errno = 0;
	user = getpwnam(config->user);
	if (!user && cannot_tell(errno))
		return error_set_errno(
			error, "cannot look up user %s", config->user);
	if (!user)
		return error_set(error, ERR_CONFIG,
			"%suser %s does not exist; make it: useradd --system "
			"--no-create-home --home-dir / "
			"--shell /usr/sbin/nologin %s",
			option_at(config, config->user_line, where),
			config->user, config->user);
	account->uid = user->pw_uid;
	account->gid = user->pw_gid;
	if (account->group_missing &&
		daemon_needs_group(config->socket, config->lookup_socket))
		return daemon_no_group(config, error);
	return 0;
}

int daemon_become(const struct config *config,
	const struct daemon_account *account, struct error *error)
{
	if (!account->root || account->uid == 0)
		return 0;
	if (initgroups(config->user, account->gid) != 0 ||
		setgid(account->gid) != 0 || setuid(account->uid) != 0) {
		(void)error_set_errno(
			error, "cannot become user %s", config->user);
		return ERR_PERM;
	}
	if (setuid(0) == 0)
		return error_set(error, ERR_PERM,
			"still root after becoming user %s", config->user);
	return 0;
}

int daemon_make_runtime(const char *directory,
	const struct daemon_account *account, struct error *error)
{
	int fd = -1;
	int result = 0;

	if (mkdir(directory, 0755) != 0) {
		if (errno == EEXIST)
			return 0;
		result = error_set_errno(
			error, "cannot make runtime_dir %s", directory);
		return result == ERR_PERM ? result : ERR_CREATE;
	}
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, account->uid, account->gid) != 0 ||
		fchmod(fd, 0755) != 0) {
		(void)error_set_errno(
			error, "cannot set the owner of %s", directory);
		result = ERR_CREATE;
	}
	if (fd >= 0)
		(void)close(fd);
	return result;
}

/* Waits in the parent, and exits with 0 when the child is ready, or with the
 * child's exit code. */
static _Noreturn void wait_for(pid_t child, int ready)
{
	char word;
	ssize_t got;
	int status;

	do {
		got = read(ready, &word, 1);
	} while (got < 0 && errno == EINTR);
	if (got == 1)
		_exit(EX_OK);
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			_exit(EX_OSERR);
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE);
}

int daemon_detach(int *ready, struct error *error)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		(void)error_set_errno(error, "cannot make a pipe");
		return ERR_IO;
	}
	child = fork();
	if (child < 0) {
		(void)error_set_errno(error, "cannot fork");
		(void)close(ends[0]);
		(void)close(ends[1]);
		return ERR_IO;
	}
	if (child > 0) {
		(void)close(ends[1]);
		wait_for(child, ends[0]);
	}
	(void)close(ends[0]);
	(void)setsid();
	*ready = ends[1];
	return chdir("/") == 0 ? 0
			       : error_set_errno(error, "cannot change to /");
}

void daemon_ready(int ready, bool keep_stderr)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
		if (!keep_stderr)
			(void)dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			(void)close(null);
	}
	while (write(ready, "", 1) < 0 && errno == EINTR)
		;
	(void)close(ready);
}

#include "listener.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define DIRECTORY_MODE 02750

/* Returns the code for a failure of getaddrinfo(). ERR_BUSY may pass. */
static int resolver_code(int result)
{
	switch (result) {
	case EAI_AGAIN:
	case EAI_FAIL:
		return ERR_BUSY;
	case EAI_MEMORY:
		return ERR_NOMEM;
	default:
		return ERR_CONFIG;
	}
}

/* Checks that such sockets can be made. The systemd unit may forbid them, or
 * the kernel not have them. */
static int check_family(
	const struct listener *listener, int family, struct error *error)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 && errno == EAFNOSUPPORT)
		return error_set(error, ERR_CONFIG,
			"%s \"%s\": this process may not make an %s "
			"socket: the systemd unit allows only unix "
			"sockets; " LISTENER_DROP_IN_ADVICE,
			listener->option, listener->name,
			family == AF_INET6 ? "inet6" : "inet");
	if (fd >= 0)
		(void)close(fd);
	return 0;
}

static int resolve(struct listener *listener, bool v6, const char *rest,
	struct error *error)
{
	struct addrinfo hints = {
		.ai_family = v6 ? AF_INET6 : AF_INET,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found = NULL;
	const char *at = strchr(rest, '@');
	char port[16];
	int result;

	result = check_family(listener, hints.ai_family, error);
	if (result < 0)
		return result;
	(void)snprintf(port, sizeof port, "%.*s",
		(int)(at ? (size_t)(at - rest) : strlen(rest)), rest);
	result = getaddrinfo(at && at[1] ? at + 1 : NULL, port, &hints, &found);
	if (result == EAI_SYSTEM)
		return error_set_errno(
			error, "%s \"%s\"", listener->option, listener->name);
	if (result != 0 || !found)
		return error_set(error, resolver_code(result), "%s \"%s\": %s",
			listener->option, listener->name, gai_strerror(result));
	memcpy(&listener->address, found->ai_addr, found->ai_addrlen);
	listener->address_len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

bool listener_is_unix(const char *name)
{
	return !!strncmp(name, "inet:", 5) && !!strncmp(name, "inet6:", 6);
}

int listener_init(struct listener *listener, const char *option,
	const char *name, struct error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*listener = (struct listener){
		.option = option,
		.name = name,
		.fd = -1,
	};
	if (!strncmp(name, "inet:", 5))
		return resolve(listener, false, name + 5, error);
	if (!strncmp(name, "inet6:", 6))
		return resolve(listener, true, name + 6, error);
	listener->path = strchr(name, '/');
	if (!listener->path ||
		strlen(listener->path) >= sizeof address.sun_path)
		return error_set(error, ERR_CONFIG,
			"%s \"%s\": the path is missing or too long", option,
			name);
	memcpy(address.sun_path, listener->path, strlen(listener->path));
	memcpy(&listener->address, &address, sizeof address);
	listener->address_len = sizeof address;
	return 0;
}

int listener_make_directory(const struct listener *listener, uid_t uid,
	gid_t gid, struct error *error)
{
	char directory[PATH_MAX];
	char *slash;
	int fd = -1;
	int result = 0;

	if (!listener->path)
		return 0;
	(void)snprintf(directory, sizeof directory, "%s", listener->path);
	slash = strrchr(directory, '/');
	if (!slash || slash == directory)
		return 0;
	*slash = '\0';
	if (mkdir(directory, 0700) != 0) {
		if (errno == EEXIST)
			return 0;
		result = error_set_errno(
			error, "cannot make the directory %s", directory);
		return result == ERR_PERM ? result : ERR_CREATE;
	}
	/* The descriptor cannot be led to another directory, as a path can. */
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* A process that is not root may not be allowed to set the group. Then
	 * it cannot set that of the socket either, which gives a warning. */
	if (fd < 0 ||
		(fchown(fd, uid, gid) != 0 &&
			(errno != EPERM || uid != (uid_t)-1)) ||
		fchmod(fd, DIRECTORY_MODE) != 0) {
		(void)error_set_errno(
			error, "cannot set owner and mode of %s", directory);
		result = ERR_CREATE;
	}
	if (fd >= 0)
		(void)close(fd);
	return result;
}

/* Returns 1 if a program listens on the socket, 0 if none does, or -1 with
 * errno. */
static int answers(const struct listener *listener)
{
	int fd = socket(listener->address.ss_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int result;
	int saved;

	if (fd < 0)
		return -1;
	result = connect(fd, (const struct sockaddr *)&listener->address,
		listener->address_len);
	saved = errno;
	(void)close(fd);
	errno = saved;
	if (result == 0 || saved == EAGAIN || saved == EINPROGRESS)
		return 1;
	return saved == ECONNREFUSED || saved == ENOENT ? 0 : -1;
}

/* Removes an old socket file. Fails if another program listens on it, or if it
 * is not a socket. */
static int clear_path(const struct listener *listener, struct error *error)
{
	const char *path = listener->path;
	struct stat there;

	if (lstat(path, &there) != 0) {
		if (errno == ENOENT)
			return 0;
		(void)error_set_errno(error, "cannot stat %s", path);
		return ERR_CREATE;
	}
	if (!S_ISSOCK(there.st_mode))
		return error_set(error, ERR_CREATE,
			"%s exists and is not a socket; it was left as it is",
			path);
	switch (answers(listener)) {
	case 1:
		return error_set(error, ERR_BUSY,
			"%s: another program listens there", path);
	case 0:
		break;
	default:
		(void)error_set_errno(error,
			"%s: cannot find out whether another program listens "
			"there",
			path);
		return ERR_CREATE;
	}
	if (unlink(path) != 0 && errno != ENOENT) {
		(void)error_set_errno(
			error, "cannot remove the old socket %s", path);
		return ERR_CREATE;
	}
	return 0;
}

/* True if the directory can be read and has nothing but our sockets in it. */
static bool holds_alone(const char *directory, const struct listener *listener)
{
	const char *name = strrchr(listener->path, '/') + 1;
	const char *beside =
		listener->beside ? strrchr(listener->beside, '/') + 1 : name;
	DIR *dir = opendir(directory);
	const struct dirent *entry;
	bool alone = dir;

	while (dir && alone && (entry = readdir(dir)) != NULL)
		alone = !strcmp(entry->d_name, ".") ||
			!strcmp(entry->d_name, "..") ||
			!strcmp(entry->d_name, name) ||
			!strcmp(entry->d_name, beside);
	if (dir)
		(void)closedir(dir);
	return alone;
}

void listener_advise(const struct listener *listener, const char *user,
	const char *group, struct error *error)
{
	const char *slash =
		listener->path ? strrchr(listener->path, '/') : NULL;
	char directory[PATH_MAX];

	if (!slash)
		return;
	(void)snprintf(directory, sizeof directory, "%.*s",
		(int)(slash - listener->path), listener->path);
	if (*directory && holds_alone(directory, listener))
		error_append(error, "; run `chown %s:%s %s && chmod %o %s`",
			user, group, directory, (unsigned)DIRECTORY_MODE,
			directory);
	else
		error_append(error,
			"; give the socket a directory of its own, which "
			"readdress makes, in readdress.conf: %s = "
			"\"unix:/var/spool/postfix/readdress/%s.sock\"",
			listener->option,
			strcmp(listener->option, "socket") ? "lookup"
							   : "milter");
}

void listener_refused(const struct listener *listener,
	const struct listener_access *access, struct error *error)
{
	int code =
		error_set_errno(error, "cannot listen on %s", listener->name);

	if (code == ERR_PERM)
		listener_advise(listener, access->user, access->group, error);
}

int listener_clear(const struct listener *listener, struct error *error)
{
	return listener->path ? clear_path(listener, error) : 0;
}

int listener_opened(struct listener *listener,
	const struct listener_access *access, struct error *error)
{
	struct stat made;

	listener->open = true;
	if (!listener->path)
		return 0;
	if (lstat(listener->path, &made) != 0) {
		(void)error_set_errno(error, "cannot stat %s", listener->path);
		return ERR_CREATE;
	}
	listener->dev = made.st_dev;
	listener->ino = made.st_ino;
	return listener_permit(listener, access, error) < 0 ? 1 : 0;
}

/* Makes the socket, binds it and listens. Returns the descriptor, or -1 with
 * errno. */
static int make_socket(const struct listener *listener)
{
	int one = 1;
	int saved;
	int fd = socket(listener->address.ss_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && !listener->path) {
		(void)setsockopt(
			fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
		/* Connections inherit it from the listening socket. */
		(void)setsockopt(
			fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	}
	if (fd < 0 || (bind(fd, (const struct sockaddr *)&listener->address,
			       listener->address_len) == 0 &&
			      listen(fd, SOMAXCONN) == 0))
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

int listener_open(struct listener *listener,
	const struct listener_access *access, struct error *error)
{
	mode_t before;
	int saved;
	int result = listener_clear(listener, error);

	if (result < 0)
		return result;
	before = umask(LISTENER_UMASK(access));
	listener->fd = make_socket(listener);
	saved = errno;
	(void)umask(before);
	errno = saved;
	if (listener->fd < 0) {
		listener_refused(listener, access, error);
		return ERR_CREATE;
	}
	return listener_opened(listener, access, error);
}

int listener_adopt(struct listener *listener, int fd,
	const struct listener_access *access, struct error *error)
{
	listener->fd = fd;
	listener->adopted = true;
	return listener_opened(listener, access, error) ? 1 : 0;
}

int listener_permit(const struct listener *listener,
	const struct listener_access *access, struct error *error)
{
	const char *path = listener->path;
	struct stat there;

	if (!path || !listener->open)
		return 0;
	if (lstat(path, &there) != 0 || there.st_dev != listener->dev ||
		there.st_ino != listener->ino)
		return error_set(error, ERR_PERM,
			"%s is not the socket that this milter opened", path);
	if (access->gid != (gid_t)-1 && access->gid != there.st_gid) {
		/* The old group must not have the new mode for a moment. */
		if (chmod(path, access->mode & 0700) != 0 ||
			lchown(path, (uid_t)-1, access->gid) != 0) {
			(void)error_set_errno(error,
				"%s cannot be given to group %s, and stays "
				"with group %ld, mode %04o",
				path, access->group, (long)there.st_gid,
				(unsigned)there.st_mode & 07777);
			listener_advise(
				listener, access->user, access->group, error);
			(void)chmod(path, there.st_mode & 07777);
			return ERR_PERM;
		}
	}
	if (chmod(path, access->mode) != 0) {
		(void)error_set_errno(error, "%s: cannot set mode %04o", path,
			(unsigned)access->mode);
		return ERR_PERM;
	}
	return 0;
}

void listener_remove(struct listener *listener)
{
	struct stat there;

	if (!listener->open || !listener->path || listener->adopted)
		return;
	listener->open = false;
	if (lstat(listener->path, &there) == 0 &&
		there.st_dev == listener->dev && there.st_ino == listener->ino)
		(void)unlink(listener->path);
}

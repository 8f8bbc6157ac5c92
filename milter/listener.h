/*
 * listener: a socket to which Postfix connects: that of the milter, which
 * libmilter opens (mtasocket.h), or that of the look-up service. listener makes
 * sure that the socket of another program is not replaced, that the file of a
 * unix socket never gives more access than the configuration says, and that it
 * is removed when the milter ends. Tested by tests/e2e/daemon.test and
 * start.test.
 */
#ifndef READDRESS_MILTER_LISTENER_H
#define READDRESS_MILTER_LISTENER_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/error.h"

/* The file that lets the systemd unit open an inet socket, and the advice to
 * install it. */
#define LISTENER_DROP_IN                                                       \
	"/etc/systemd/system/readdress-milter.service.d/inet.conf"
#define LISTENER_DROP_IN_ADVICE                                                \
	"to allow this one, run `install -D -m 644 " READDRESS_EXAMPLES        \
	"/inet.conf " LISTENER_DROP_IN "` and `systemctl daemon-reload`"

#define LISTENER_BACKLOG 1024

/* The umask while the file of a socket is made: no other user has access until
 * the group is right. */
#define LISTENER_UMASK(access) (0777 & ~((access)->mode & 0700))

struct listener {
	const char *option; /* of readdress.conf, for messages: "socket" */
	const char *name;   /* in libmilter's form; owned by the caller */
	const char *path;   /* the path in name; NULL for an inet socket */
	/* The path of the milter's other socket, which may stand in the same
	 * directory; NULL if there is none. */
	const char *beside;
	int fd;	      /* -1: not open, or libmilter has it */
	bool adopted; /* systemd made it and keeps its file */
	struct sockaddr_storage address;
	socklen_t address_len; /* 0: not known */
	bool open;
	dev_t dev; /* of the socket file that listener_open() made */
	ino_t ino; /* likewise */
};

struct listener_access {
	mode_t mode;
	const char *user;  /* config->user, for messages */
	const char *group; /* its name, likewise */
	gid_t gid;	   /* (gid_t)-1: the file keeps its group */
};

/* True if the name, which is config->socket or config->lookup_socket, is that
 * of a unix socket. */
bool listener_is_unix(const char *name);

/* Sets *listener for name, which is the value of that option in libmilter's
 * form; both must live as long as listener. May ask the resolver for the host
 * of an inet socket. Returns 0; or, with a text in *error, ERR_CONFIG if the
 * name is not usable, or ERR_BUSY, ERR_IO or ERR_NOMEM if the resolver cannot
 * answer now. */
int listener_init(struct listener *listener, const char *option,
	const char *name, struct error *error) MUST_CHECK;

/*
 * Makes the directory of a unix socket, unless it exists, with mode 2750, user
 * uid and group gid. Its parent must exist. If the process is not root, uid is
 * (uid_t)-1, and the directory keeps the user and, if gid cannot be set, the
 * group of the process. Does nothing for an inet socket. Returns 0; or
 * ERR_CREATE or ERR_PERM with a text in *error.
 */
int listener_make_directory(const struct listener *listener, uid_t uid,
	gid_t gid, struct error *error) MUST_CHECK;

/*
 * Opens the socket and sets listener->fd, which does not block; from then on
 * connections wait in the backlog. Replaces a socket file on which no program
 * listens. Changes the umask for a moment, so there must be one thread only.
 *
 * Returns 0; 1 if the socket is open, but its group could not be set, with the
 * reason in *error; or, with a text in *error, ERR_BUSY if another program
 * listens there, ERR_CREATE if it cannot be made or another file has its path.
 */
int listener_open(struct listener *listener,
	const struct listener_access *access, struct error *error) MUST_CHECK;

/* Takes over fd, which listens at the address of the listener already. systemd
 * made its file, which listener_remove() therefore leaves. Returns 0; or 1,
 * with the reason in *error, if group and mode could not be set. */
int listener_adopt(struct listener *listener, int fd,
	const struct listener_access *access, struct error *error) MUST_CHECK;

/* These are the steps of listener_open(), for the room that lets libmilter open
 * the socket: frees the path of a unix socket (0, ERR_BUSY or ERR_CREATE); says
 * why the socket could not be opened, while errno is set; notes that it is open
 * and sets group and mode (returns as listener_open() does). */
int listener_clear(
	const struct listener *listener, struct error *error) MUST_CHECK;
void listener_refused(const struct listener *listener,
	const struct listener_access *access, struct error *error);
int listener_opened(struct listener *listener,
	const struct listener_access *access, struct error *error) MUST_CHECK;

/* Gives the file of an open unix socket another group and mode. Does nothing
 * for an inet socket. Returns 0; or ERR_PERM, with a text in *error, and then
 * group and mode stay as they were. */
int listener_permit(const struct listener *listener,
	const struct listener_access *access, struct error *error) MUST_CHECK;

/*
 * Appends to *error what to do about the socket's directory, which the milter's
 * user or socket_group cannot use. If nothing but the socket is in it, this is
 * the command that gives the rights. Otherwise other programs use the
 * directory, too, such as /run, and it is the advice to give the socket a
 * directory of its own. Does nothing for an inet socket.
 */
void listener_advise(const struct listener *listener, const char *user,
	const char *group, struct error *error);

/* Removes the socket file, if it is still the one that was opened and not an
 * adopted one. */
void listener_remove(struct listener *listener);

#endif

/*
 * listener: the socket to which the MTA connects. libmilter opens it. listener
 * makes sure that the socket of another program is not replaced, that the file
 * of a unix socket never gives more access than the configuration says, and
 * that it is removed when the milter ends. Tested by tests/e2e/daemon.test and
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

struct listener {
	const char *name; /* in libmilter's form; owned by the caller */
	const char *path; /* the path in name; NULL for an inet socket */
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

/* True if the name, which is config->socket, is that of a unix socket. */
bool listener_is_unix(const char *name);

/* Sets *listener for name, which is config->socket and must live as long as
 * listener. May ask the resolver for the host of an inet socket. Returns 0; or,
 * with a text in *error, ERR_CONFIG if the name is not usable, or ERR_BUSY,
 * ERR_IO or ERR_NOMEM if the resolver cannot answer now. */
int listener_init(struct listener *listener, const char *name,
	struct error *error) MUST_CHECK;

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
 * Opens the socket; from then on connections wait in the backlog. Replaces a
 * socket file on which no program listens. Changes the umask for a moment, so
 * there must be one thread only.
 *
 * Returns 0; 1 if the socket is open, but its group or TCP_NODELAY could not be
 * set, with the reason in *error; or, with a text in *error, ERR_BUSY if
 * another program listens there, ERR_CREATE if it cannot be made or another
 * file has its path.
 */
int listener_open(struct listener *listener,
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

/* Removes the socket file, if it is still the one that listener_open() made. */
void listener_remove(struct listener *listener);

#endif

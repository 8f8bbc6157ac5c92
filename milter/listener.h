/*
 * listener: the socket that the MTA connects to. libmilter opens it; this room
 * sees that nobody else's is taken away, that the file of a unix socket never
 * lets in more than the configuration says, and that it goes when we go.
 */
#ifndef READDRESS_MILTER_LISTENER_H
#define READDRESS_MILTER_LISTENER_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/error.h"

/* What lets the unit open an inet socket, and how it is put there. */
#define LISTENER_DROP_IN                                                       \
	"/etc/systemd/system/readdress-milter.service.d/inet.conf"
#define LISTENER_DROP_IN_ADVICE                                                \
	"`install -D -m 644 " READDRESS_EXAMPLES                               \
	"/inet.conf " LISTENER_DROP_IN                                         \
	"` and `systemctl daemon-reload` change that"

struct listener {
	const char *name; /* in libmilter's form; the caller's */
	const char *path; /* of a unix socket, in name; else NULL */
	struct sockaddr_storage address; /* to connect to it ourselves */
	socklen_t address_len;		 /* 0: not known */
	bool open;
	dev_t dev; /* of the socket file that we made */
	ino_t ino;
};

struct listener_access {
	mode_t mode;
	const char *user;  /* config->user, for messages */
	const char *group; /* its name, likewise */
	gid_t gid;	   /* (gid_t)-1: leave it */
};

/* Does this name of a socket, config->socket, mean one with a file? */
bool listener_is_unix(const char *name);

/* name: config->socket. May ask the resolver for the host of an inet socket.
 * Returns 0, or ERR_CONFIG; ERR_BUSY, ERR_IO or ERR_NOMEM where the resolver
 * does not answer now. */
int listener_init(struct listener *listener, const char *name,
	struct error *error) MUST_CHECK;

/*
 * Makes the directory of a unix socket where it is missing: mode 2750, of user
 * uid and group gid. With uid (uid_t)-1 we are not root: the user is ours, and
 * so is the group where gid cannot be set. Its parent must be there. Nothing to
 * do for other sockets. ERR_CREATE, ERR_PERM.
 */
int listener_make_directory(const struct listener *listener, uid_t uid,
	gid_t gid, struct error *error) MUST_CHECK;

/*
 * Opens it; from then on connections wait in the backlog. A socket file that
 * nobody listens to is replaced. ERR_BUSY: somebody listens there. ERR_CREATE:
 * it cannot be made, or a file that is no socket stands in its place. Single
 * thread: it changes the umask for a moment. 1 instead of 0: it is open, but
 * the group, or TCP_NODELAY, could not be set (the reason is in error).
 */
int listener_open(struct listener *listener,
	const struct listener_access *access, struct error *error) MUST_CHECK;

/* Gives the file of an open unix socket another group and mode. 0, or ERR_PERM;
 * where the group cannot be set, the group it has gets no access. */
int listener_permit(const struct listener *listener,
	const struct listener_access *access, struct error *error) MUST_CHECK;

/*
 * Appends to the error what mends a socket's directory that the milter's user
 * or socket_group cannot use: the command for a directory that holds nothing
 * but the socket, which is its own; otherwise the advice to give the socket
 * one, because others use a directory such as /run, too. Does
 * nothing for an inet socket.
 */
void listener_advise(const struct listener *listener, const char *user,
	const char *group, struct error *error);

/* Removes the socket file, if it is still the one that we made. */
void listener_remove(struct listener *listener);

#endif

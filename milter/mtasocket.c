#include "mtasocket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#define NAME_SIZE   512
#define DESCRIPTORS 256

/* Returns ERR_CREATE and finds out why libmilter could not listen, which it
 * writes to syslog only. */
static int tell_why(const struct listener *listener,
	const struct listener_access *access, struct error *error)
{
	int one = 1;
	int fd = socket(
		listener->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		(void)setsockopt(
			fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (fd >= 0 &&
		bind(fd, (const struct sockaddr *)&listener->address,
			listener->address_len) == 0 &&
		listen(fd, 1) == 0) {
		(void)error_set(error, ERR_CREATE,
			"cannot listen on %s: see the mail log",
			listener->name);
		if (listener->path)
			(void)unlink(listener->path);
	} else {
		listener_refused(listener, access, error);
	}
	if (fd >= 0)
		(void)close(fd);
	return ERR_CREATE;
}

/* True if fd is a socket that listens on the address. */
static bool listens_there(int fd, const struct listener *listener)
{
	struct sockaddr_storage at = { 0 };
	socklen_t len = sizeof at;
	int listens = 0;
	socklen_t size = sizeof listens;

	return !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) &&
	       listens && !getsockname(fd, (struct sockaddr *)&at, &len) &&
	       at.ss_family == listener->address.ss_family;
}

/*
 * Sets TCP_NODELAY. A milter answers in small packets, and Nagle's algorithm
 * holds each back until the one before it is acknowledged, which takes 40 ms
 * for each message. On Linux a socket that accept() returns inherits the option
 * from the listening socket, which libmilter has made and does not give out; so
 * this looks for its descriptor. Returns false if it is not found.
 */
static bool set_nodelay(const struct listener *listener)
{
	int one = 1;
	int found = 0;

	/* Few files are open at the start, so its number is low. */
	for (int fd = 0; fd < DESCRIPTORS; fd++)
		if (listens_there(fd, listener) &&
			!setsockopt(
				fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one))
			found++;
	return found > 0;
}

int mtasocket_open(struct listener *listener,
	const struct listener_access *access, struct error *error)
{
	char name[NAME_SIZE];
	mode_t before;
	int result = listener_clear(listener, error);

	if (result < 0)
		return result;
	before = umask(LISTENER_UMASK(access));
	(void)snprintf(name, sizeof name, "%s", listener->name);
	result = smfi_setconn(name);
	if (result == MI_SUCCESS)
		(void)smfi_setbacklog(LISTENER_BACKLOG);
	if (result == MI_SUCCESS)
		result = smfi_opensocket(false);
	(void)umask(before);
	if (result != MI_SUCCESS)
		return tell_why(listener, access, error);
	result = listener_opened(listener, access, error);
	if (listener->path || set_nodelay(listener))
		return result;
	(void)error_set(error, ERR_IO,
		"%s: cannot set TCP_NODELAY: each message takes about 40 ms "
		"longer",
		listener->name);
	return 1;
}

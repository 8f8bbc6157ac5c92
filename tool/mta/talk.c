#include "mta/talk.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_MS 30000 /* for one line of a reply */

static int dial(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct timeval timeout = { ANSWER_MS / 1000, 0 };
	struct addrinfo *found = NULL;
	int fd = -1;

	errno = 0;
	if (getaddrinfo(host, port, &hints, &found))
		return -1;
	for (struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
		fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		(void)setsockopt(
			fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
		(void)setsockopt(
			fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
		if (connect(fd, at->ai_addr, at->ai_addrlen)) {
			int number = errno;

			(void)close(fd);
			errno = number;
			fd = -1;
		}
	}
	freeaddrinfo(found);
	return fd;
}

bool talk_open(struct talk *talk, const char *host, const char *port)
{
	talk->fd = dial(host, port);
	(void)snprintf(talk->reply, sizeof talk->reply, "cannot connect%s%s",
		talk->fd < 0 && errno ? ": " : "",
		talk->fd < 0 && errno ? strerror(errno) : "");
	return talk->fd >= 0;
}

void talk_close(struct talk *talk)
{
	if (talk->fd >= 0)
		(void)close(talk->fd);
	talk->fd = -1;
}

/* Reads a line. Returns false at the end, and after a time without one. */
static bool read_line(struct talk *talk)
{
	size_t used = 0;

	for (;;) {
		char byte;
		ssize_t got = recv(talk->fd, &byte, 1, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got != 1)
			return false;
		if (byte == '\n')
			break;
		if (byte != '\r' && used + 1 < sizeof talk->reply)
			talk->reply[used++] = byte;
	}
	talk->reply[used] = '\0';
	return true;
}

int talk_hear(struct talk *talk)
{
	(void)snprintf(talk->reply, sizeof talk->reply, "no answer");
	do {
		if (!read_line(talk))
			return 0;
	} while (strlen(talk->reply) > 3 && talk->reply[3] == '-');
	return (int)strtol(talk->reply, NULL, 10);
}

int talk_say(struct talk *talk, const char *line)
{
	size_t len = strlen(line);

	if (send(talk->fd, line, len, MSG_NOSIGNAL) != (ssize_t)len)
		return 0;
	return talk_hear(talk);
}

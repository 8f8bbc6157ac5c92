/*
 * mtatalk: the MTA's end of a connection. Says all of a script without waiting
 * for anything, ends, and takes the replies meanwhile, so that neither side
 * waits for the other.
 */
#ifndef READDRESS_MTATALK_H
#define READDRESS_MTATALK_H

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz.h"
#include "mtascript.h"

#define MTATALK_ROOM ((size_t)16 << 10)

struct mtatalk {
	int fd;
	char *replies;
	size_t size;
	size_t room;
};

static inline void mtatalk_make_room(struct mtatalk *talk)
{
	if (talk->room - talk->size >= MTATALK_ROOM)
		return;
	talk->room = talk->room * 2 + MTATALK_ROOM;
	talk->replies = realloc(talk->replies, talk->room);
	FUZZ_CHECK(talk->replies);
}

static inline struct mtatalk mtatalk_open(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct mtatalk talk = { .fd = fd };

	FUZZ_CHECK(fd >= 0);
	mtatalk_make_room(&talk);
	return talk;
}

static inline void mtatalk_close(struct mtatalk *talk)
{
	FUZZ_CHECK(!close(talk->fd));
	free(talk->replies);
}

/* libFuzzer's timer interrupts calls. */
static inline void mtatalk_dial(
	const struct mtatalk *talk, const struct sockaddr_un *place)
{
	FUZZ_CHECK(!TEMP_FAILURE_RETRY(connect(
		talk->fd, (const struct sockaddr *)place, sizeof *place)));
}

/* What there is to read now; false at the end. */
static inline bool mtatalk_listen(struct mtatalk *talk, int flags)
{
	ssize_t got;

	mtatalk_make_room(talk);
	got = TEMP_FAILURE_RETRY(recv(talk->fd, talk->replies + talk->size,
		talk->room - talk->size, flags));
	if (got > 0)
		talk->size += (size_t)got;
	/* libmilter may close before it has read all that was sent */
	FUZZ_CHECK(got >= 0 || errno == EAGAIN || errno == ECONNRESET);
	return got > 0 || (got < 0 && errno == EAGAIN);
}

/* Sends all; false: the other side has closed. */
static inline bool mtatalk_say(
	struct mtatalk *talk, const char *data, size_t len)
{
	while (len) {
		struct pollfd both = { talk->fd, POLLIN | POLLOUT, 0 };
		ssize_t sent = TEMP_FAILURE_RETRY(
			send(talk->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL));

		if (sent > 0) {
			data += sent;
			len -= (size_t)sent;
			continue;
		}
		if (errno != EAGAIN)
			return false;
		(void)poll(&both, 1, -1);
		if (!mtatalk_listen(talk, MSG_DONTWAIT))
			return false;
	}
	return true;
}

/* Until all that was said has been read. */
static inline void mtatalk_settle(struct mtatalk *talk)
{
	int unread = 1;

	while (unread && mtatalk_listen(talk, MSG_DONTWAIT)) {
		FUZZ_CHECK(!ioctl(talk->fd, SIOCOUTQ, &unread));
		(void)sched_yield();
	}
}

/* Returns when the other side has closed. */
static inline void mtatalk_converse(
	struct mtatalk *talk, const struct mta_script *script)
{
	size_t first =
		script->unread < script->size ? script->unread : script->size;
	bool open = mtatalk_say(talk, script->stream, first);

	if (open && first < script->size) {
		mtatalk_settle(talk);
		(void)shutdown(talk->fd, SHUT_RD);
		(void)mtatalk_say(
			talk, script->stream + first, script->size - first);
	}
	(void)shutdown(talk->fd, SHUT_WR);
	while (mtatalk_listen(talk, 0))
		;
}

#endif

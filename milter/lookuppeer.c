#include "lookuppeer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct lookuppeer *lookuppeer_open(int fd)
{
	struct lookuppeer *peer = calloc(1, sizeof *peer);

	if (peer)
		peer->fd = fd;
	return peer;
}

void lookuppeer_close(struct lookuppeer *peer)
{
	(void)close(peer->fd);
	free(peer->rest);
	free(peer->unsent);
	free(peer);
}

/* Keeps a copy of data in *kept. Returns false if memory is exhausted. */
static bool keep(char **kept, size_t *kept_len, const char *data, size_t len)
{
	char *copy = NULL;

	if (len) {
		copy = malloc(len);
		if (!copy)
			return false;
		memcpy(copy, data, len);
	}
	free(*kept);
	*kept = copy;
	*kept_len = len;
	return true;
}

/* Sends data, and keeps what the peer does not take now. Returns false if it
 * has gone. */
static bool send_or_keep(struct lookuppeer *peer, const char *data, size_t len)
{
	ssize_t sent;

	do {
		sent = send(peer->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
		return false;
	if (sent < 0)
		sent = 0;
	return keep(&peer->unsent, &peer->unsent_len, data + sent,
		len - (size_t)sent);
}

/* Answers the requests in *input. Returns 1 when the output is full, 0 when all
 * of *input is read, or ERR_BAD. */
static int answer(struct lookuppeer *peer, struct lookuppeer_work *work,
	struct bytes *input, size_t *used)
{
	struct socketmap_request request;
	int result;

	*used = 0;
	for (;;) {
		if (LOOKUPPEER_OUTPUT - *used < SOCKETMAP_REPLY_MAX)
			return 1;
		result = socketmap_read(&peer->reader, input, &request);
		if (result <= 0)
			return result;
		*used += work->answer(
			work->context, &request, work->output + *used);
		peer->requests++;
	}
}

/* Reads what there is, up to the size of the input. */
static struct bytes receive(
	struct lookuppeer *peer, struct lookuppeer_work *work)
{
	ssize_t got;

	do {
		got = recv(
			peer->fd, work->input, LOOKUPPEER_INPUT, MSG_DONTWAIT);
	} while (got < 0 && errno == EINTR);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK))
		peer->ended = true;
	return (struct bytes){ work->input, got > 0 ? (size_t)got : 0 };
}

/* Answers all of *input, which becomes what is left of it. Returns
 * LOOKUPPEER_IDLE if nothing is, and all answers are sent. */
static enum lookuppeer_state answer_all(struct lookuppeer *peer,
	struct lookuppeer_work *work, struct bytes *input)
{
	int result = 1;

	while (result == 1) {
		size_t used;

		result = answer(peer, work, input, &used);
		if (used && !send_or_keep(peer, work->output, used))
			return LOOKUPPEER_OVER;
		peer->bad = result < 0;
		if (result < 0)
			return LOOKUPPEER_OVER;
		if (peer->unsent_len)
			return LOOKUPPEER_WRITING;
	}
	return LOOKUPPEER_IDLE;
}

/* Does the work of lookuppeer_serve() but for keeping *input. */
static enum lookuppeer_state serve(struct lookuppeer *peer,
	struct lookuppeer_work *work, struct bytes *input)
{
	enum lookuppeer_state state;

	if (peer->unsent_len &&
		!send_or_keep(peer, peer->unsent, peer->unsent_len))
		return LOOKUPPEER_OVER;
	if (peer->unsent_len)
		return LOOKUPPEER_WRITING;
	state = answer_all(peer, work, input);
	if (state != LOOKUPPEER_IDLE)
		return state;
	*input = receive(peer, work);
	state = answer_all(peer, work, input);
	if (state != LOOKUPPEER_IDLE)
		return state;
	if (peer->ended)
		return LOOKUPPEER_OVER;
	return socketmap_began(&peer->reader) ? LOOKUPPEER_READING
					      : LOOKUPPEER_IDLE;
}

void lookuppeer_serve(struct lookuppeer *peer, struct lookuppeer_work *work)
{
	struct bytes input = { work->input, peer->rest_len };

	if (peer->rest_len)
		memcpy(work->input, peer->rest, peer->rest_len);
	peer->state = serve(peer, work, &input);
	if (peer->state != LOOKUPPEER_OVER &&
		!keep(&peer->rest, &peer->rest_len, input.data, input.len))
		peer->state = LOOKUPPEER_OVER;
}

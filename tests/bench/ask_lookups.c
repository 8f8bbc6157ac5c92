/*
 * ask_lookups SOCKET TABLE KEYS CONNECTIONS DEPTH SECONDS: asks a socketmap
 * server as Postfix does. KEYS is a file with a key on each line. Each
 * connection has DEPTH requests under way; Postfix has one. Prints how many
 * look-ups a second were answered, and with how many microseconds of latency:
 * "RATE P50 P99 MAX FOUND". An answer that is neither OK nor NOTFOUND is an
 * error. tests/bench/run and the campaign "lookups" run it.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "latency.h"

#define SAMPLES	    (1 << 22)
#define DEPTH_MAX   64
#define CONNECTIONS 4096
#define BUFFER	    65536

struct request {
	char *text;
	size_t len;
};

struct connection {
	int fd;
	size_t under_way;
	size_t first; /* index of the oldest one in asked */
	uint64_t asked[DEPTH_MAX];
	char buffer[BUFFER]; /* a part of an answer */
	size_t len;
};

static struct connection connections[CONNECTIONS];
static struct pollfd ready[CONNECTIONS];
static struct request *requests;
static size_t request_count;
static size_t next_request;
static uint64_t samples[SAMPLES];
static size_t sample_count;
static uint64_t answers;
static uint64_t found;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void read_keys(const char *path, const char *table)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	size_t room = 0;
	ssize_t len;

	if (!file)
		die(path);
	while ((len = getline(&line, &size, file)) > 0) {
		char *text = malloc((size_t)len + strlen(table) + 32);
		int written;

		if (line[len - 1] == '\n')
			line[--len] = '\0';
		if (request_count == room) {
			room = room ? room * 2 : 1024;
			requests = realloc(requests, room * sizeof *requests);
		}
		if (!text || !requests)
			die("malloc");
		written = sprintf(text, "%zu:%s %s,",
			strlen(table) + 1 + (size_t)len, table, line);
		requests[request_count].text = text;
		requests[request_count++].len = (size_t)written;
	}
	free(line);
	(void)fclose(file);
	if (!request_count) {
		(void)fprintf(stderr, "%s: no keys\n", path);
		exit(1);
	}
}

static void ask(struct connection *connection, size_t depth)
{
	char text[BUFFER];
	size_t len = 0;
	size_t sent = 0;
	uint64_t now = latency_now();

	while (connection->under_way < depth) {
		const struct request *request =
			&requests[next_request++ % request_count];

		if (len + request->len > sizeof text)
			break;
		memcpy(text + len, request->text, request->len);
		len += request->len;
		connection->asked[(connection->first + connection->under_way) %
				  DEPTH_MAX] = now;
		connection->under_way++;
	}
	while (sent < len) {
		ssize_t more = send(
			connection->fd, text + sent, len - sent, MSG_NOSIGNAL);

		if (more < 0)
			die("send");
		sent += (size_t)more;
	}
}

/* Counts an answer, which must begin with OK or NOTFOUND. */
static void count(struct connection *connection, const char *text, size_t len,
	uint64_t now)
{
	if (len >= 3 && !memcmp(text, "OK ", 3)) {
		found++;
	} else if (len < 9 || memcmp(text, "NOTFOUND ", 9) != 0) {
		(void)fprintf(stderr, "answer: %.*s\n", (int)len, text);
		exit(1);
	}
	samples[sample_count++ % SAMPLES] =
		now - connection->asked[connection->first];
	connection->first = (connection->first + 1) % DEPTH_MAX;
	connection->under_way--;
	answers++;
}

static void hear(struct connection *connection)
{
	ssize_t got = recv(connection->fd, connection->buffer + connection->len,
		BUFFER - connection->len, 0);
	uint64_t now = latency_now();
	size_t at = 0;

	if (got <= 0) {
		(void)fprintf(stderr, "the server closed a connection\n");
		exit(1);
	}
	connection->len += (size_t)got;
	for (;;) {
		const char *text = connection->buffer + at;
		const char *colon = memchr(text, ':', connection->len - at);
		size_t head = colon ? (size_t)(colon - text) + 1 : 0;
		size_t len = colon ? strtoul(text, NULL, 10) : 0;

		if (!colon || connection->len - at < head + len + 1)
			break;
		count(connection, text + head, len, now);
		at += head + len + 1;
	}
	memmove(connection->buffer, connection->buffer + at,
		connection->len - at);
	connection->len -= at;
}

static void connect_all(const char *path, size_t connection_count)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	for (size_t i = 0; i < connection_count; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		if (fd < 0 || connect(fd, (const struct sockaddr *)&address,
				      sizeof address) != 0)
			die(path);
		connections[i].fd = fd;
		ready[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
}

int main(int argc, char **argv)
{
	size_t connection_count = argc == 7 ? strtoul(argv[4], NULL, 10) : 0;
	size_t depth = argc == 7 ? strtoul(argv[5], NULL, 10) : 0;
	double seconds = argc == 7 ? strtod(argv[6], NULL) : 0;
	uint64_t begin;
	uint64_t end;

	if (!connection_count || connection_count > CONNECTIONS || !depth ||
		depth > DEPTH_MAX || seconds <= 0) {
		(void)fprintf(stderr, "usage: ask_lookups SOCKET TABLE KEYS "
				      "CONNECTIONS DEPTH SECONDS\n");
		return 64;
	}
	read_keys(argv[3], argv[2]);
	connect_all(argv[1], connection_count);
	begin = latency_now();
	for (size_t i = 0; i < connection_count; i++)
		ask(&connections[i], depth);
	do {
		if (poll(ready, connection_count, 10000) <= 0)
			die("poll");
		for (size_t i = 0; i < connection_count; i++) {
			if (!ready[i].revents)
				continue;
			hear(&connections[i]);
			if (connections[i].under_way <= depth / 2)
				ask(&connections[i], depth);
		}
		end = latency_now();
	} while ((double)(end - begin) / 1e9 < seconds);
	if (sample_count > SAMPLES)
		sample_count = SAMPLES;
	(void)printf("%.0f ", (double)answers * 1e9 / (double)(end - begin));
	latency_print(samples, sample_count);
	(void)printf(" %.3f\n", (double)found / (double)answers);
	return 0;
}

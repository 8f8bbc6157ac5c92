#include "wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HEAD 4

union place {
	struct sockaddr any;
	struct sockaddr_un local;
	struct sockaddr_in inet;
};

void wire_die(const char *what)
{
	perror(what);
	exit(1);
}

static int open_socket(const char *address, union place *place, socklen_t *len)
{
	char host[64];
	unsigned port;
	int fd;

	memset(place, 0, sizeof *place);
	if (sscanf(address, "inet:%u@%63s", &port, host) == 2 && port < 65536) {
		place->inet.sin_family = AF_INET;
		place->inet.sin_port = htons((uint16_t)port);
		if (inet_pton(AF_INET, host, &place->inet.sin_addr) != 1)
			wire_die(address);
		*len = sizeof place->inet;
	} else {
		const char *path =
			strncmp(address, "unix:", 5) ? address : address + 5;

		place->local.sun_family = AF_UNIX;
		(void)snprintf(place->local.sun_path,
			sizeof place->local.sun_path, "%s", path);
		*len = sizeof place->local;
	}
	fd = socket(place->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		wire_die("socket");
	return fd;
}

int wire_connect(const char *address)
{
	union place place;
	socklen_t len;
	int fd = open_socket(address, &place, &len);

	if (connect(fd, &place.any, len) != 0)
		wire_die(address);
	return fd;
}

int wire_listen(const char *address)
{
	union place place;
	socklen_t len;
	int fd = open_socket(address, &place, &len);

	if (bind(fd, &place.any, len) != 0 || listen(fd, 1024) != 0)
		wire_die(address);
	return fd;
}

uint32_t wire_number(const char *data)
{
	uint32_t number;

	memcpy(&number, data, sizeof number);
	return ntohl(number);
}

void wire_set_number(char *data, uint32_t number)
{
	number = htonl(number);
	memcpy(data, &number, sizeof number);
}

void wire_flush(struct wire *wire)
{
	size_t sent = 0;

	while (sent < wire->pending) {
		ssize_t more = send(wire->fd, wire->out + sent,
			wire->pending - sent, MSG_NOSIGNAL);

		if (more < 0)
			wire_die("send");
		sent += (size_t)more;
	}
	wire->pending = 0;
}

void wire_put(struct wire *wire, char command, const char *data, size_t len)
{
	size_t need = HEAD + 1 + len;

	if (need > sizeof wire->out - wire->pending)
		wire_flush(wire);
	if (need > sizeof wire->out) {
		(void)fprintf(stderr, "a packet of %zu bytes\n", need);
		exit(1);
	}
	wire_set_number(wire->out + wire->pending, (uint32_t)(len + 1));
	wire->out[wire->pending + HEAD] = command;
	if (len)
		memcpy(wire->out + wire->pending + HEAD + 1, data, len);
	wire->pending += need;
}

/* True as soon as so many bytes are there, false at the end of the stream. */
static int fill(struct wire *wire, size_t need)
{
	if (need > sizeof wire->in) {
		(void)fprintf(stderr, "a packet of %zu bytes came\n", need);
		exit(1);
	}
	if (wire->at == wire->end)
		wire->at = wire->end = 0;
	if (sizeof wire->in - wire->at < need) {
		memmove(wire->in, wire->in + wire->at, wire->end - wire->at);
		wire->end -= wire->at;
		wire->at = 0;
	}
	while (wire->end - wire->at < need) {
		ssize_t got = recv(wire->fd, wire->in + wire->end,
			sizeof wire->in - wire->end, 0);

		if (got <= 0)
			return 0;
		wire->end += (size_t)got;
	}
	return 1;
}

char wire_read(struct wire *wire, const char **data, size_t *len)
{
	const char *packet;

	if (wire->pending)
		wire_flush(wire);
	if (!fill(wire, HEAD))
		return 0;
	*len = wire_number(wire->in + wire->at);
	if (!*len || !fill(wire, HEAD + *len))
		return 0;
	packet = wire->in + wire->at;
	wire->at += HEAD + *len;
	*data = packet + HEAD + 1;
	*len -= 1;
	return packet[HEAD];
}

/*
 * bare_milter SOCKET: the least that a milter can do: it speaks the protocol
 * without libmilter, asks for no more than a rewriter must, and lets every
 * message pass as it is. tests/bench/run puts it beside milters that rewrite.
 */
#include <libmilter/mfdef.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

#define VERSION 6
#define STEPS                                                                  \
	(SMFIP_NOHELO | SMFIP_NOBODY | SMFIP_NOEOH | SMFIP_NODATA |            \
		SMFIP_NOUNKNOWN | SMFIP_NR_CONN | SMFIP_NR_MAIL |              \
		SMFIP_NR_RCPT | SMFIP_NR_HDR | SMFIP_HDR_LEADSPC)

static void negotiate(struct wire *wire, const char *offer, size_t len)
{
	char reply[12] = { 0 };

	if (len < sizeof reply || (wire_number(offer + 8) & STEPS) != STEPS) {
		(void)fprintf(stderr, "the MTA offers too little\n");
		exit(1);
	}
	wire_set_number(reply, VERSION);
	wire_set_number(reply + 8, STEPS);
	wire_put(wire, SMFIC_OPTNEG, reply, sizeof reply);
}

static void *serve(void *connection)
{
	struct wire *wire = connection;
	const char *data;
	size_t len;
	char command;

	while ((command = wire_read(wire, &data, &len)) &&
		command != SMFIC_QUIT)
		if (command == SMFIC_OPTNEG)
			negotiate(wire, data, len);
		else if (command == SMFIC_BODYEOB)
			wire_put(wire, SMFIR_CONTINUE, NULL, 0);
	(void)close(wire->fd);
	free(wire);
	return NULL;
}

int main(int argc, char **argv)
{
	int server;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: bare_milter SOCKET\n");
		return 64;
	}
	server = wire_listen(argv[1]);
	for (;;) {
		struct wire *wire = malloc(sizeof *wire);
		pthread_t thread;

		if (!wire)
			wire_die("malloc");
		wire->fd = accept(server, NULL, NULL);
		if (wire->fd < 0)
			wire_die("accept");
		wire->at = wire->end = wire->pending = 0;
		if (pthread_create(&thread, NULL, serve, wire) != 0)
			wire_die("pthread_create");
		(void)pthread_detach(thread);
	}
}

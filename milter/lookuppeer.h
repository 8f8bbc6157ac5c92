/*
 * lookuppeer: one connection of the look-up service: reads requests, has them
 * answered, and writes the answers. Nothing here waits: what cannot be read or
 * written at once is kept. Tested by tests/unit/milter/test_lookups.c.
 */
#ifndef READDRESS_MILTER_LOOKUPPEER_H
#define READDRESS_MILTER_LOOKUPPEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/bytes.h"
#include "routing/socketmap.h"

/* What is read at once. A connection that never pauses must not make the others
 * wait, so this is not more than some hundred requests. */
#define LOOKUPPEER_INPUT 4096
/* What is written at once. */
#define LOOKUPPEER_OUTPUT ((size_t)4 * SOCKETMAP_REPLY_MAX)

/* Answers a query. Writes the reply as a netstring and returns its length. */
typedef size_t (*lookuppeer_answer)(void *context,
	const struct socketmap_request *request,
	char reply[SOCKETMAP_REPLY_MAX]);

/* The memory that the connections of a thread share while one is served. */
struct lookuppeer_work {
	lookuppeer_answer answer;
	void *context;
	char input[LOOKUPPEER_INPUT];
	char output[LOOKUPPEER_OUTPUT];
};

enum lookuppeer_state {
	LOOKUPPEER_IDLE,    /* it has sent whole requests and has all answers */
	LOOKUPPEER_READING, /* it has sent a part of a request */
	LOOKUPPEER_WRITING, /* it does not read its answers */
	LOOKUPPEER_OVER /* it has gone, or sent what is no request: close it */
};

struct lookuppeer {
	TAILQ_ENTRY(lookuppeer) entry; /* for the caller's lists */
	int fd;
	enum lookuppeer_state state;
	uint64_t since;	   /* for the caller */
	uint64_t requests; /* that were answered */
	bool ended;	   /* it sends nothing more */
	bool bad;	   /* it sent what is no request */
	struct socketmap_reader reader;
	char *rest; /* what was read behind requests whose answers it has not
		       taken */
	size_t rest_len;
	char *unsent;
	size_t unsent_len;
};

/* Makes a connection of fd, which must not block and belongs to it from then
 * on. Returns NULL if memory is exhausted; fd is then still the caller's. */
struct lookuppeer *lookuppeer_open(int fd) MUST_CHECK;
void lookuppeer_close(struct lookuppeer *peer);

/* Writes what is unsent, then answers what was read before, then reads once and
 * answers that. Sets peer->state. Call it when the descriptor can be read, or
 * written if the state is LOOKUPPEER_WRITING. */
void lookuppeer_serve(struct lookuppeer *peer, struct lookuppeer_work *work);

#endif

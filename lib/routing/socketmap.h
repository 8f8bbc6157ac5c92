/*
 * socketmap: the protocol of Postfix's look-ups (socketmap_table(5)). A request
 * is a netstring of "NAME KEY", a reply one of "OK VALUE", "NOTFOUND " or "TEMP
 * REASON". Text in and text out: there is no I/O here.
 */
#ifndef READDRESS_ROUTING_SOCKETMAP_H
#define READDRESS_ROUTING_SOCKETMAP_H

#include "routing/answer.h"

/* The most bytes that a request may announce, as many as Postfix allows for a
 * reply. */
#define SOCKETMAP_REQUEST_MAX 100000

/* The bytes of a request that are kept: a name and a key that are longer
 * together are cut to this. answer_query() finds no key so long. */
#define SOCKETMAP_KEPT 2048

enum socketmap_state { SOCKETMAP_LENGTH, SOCKETMAP_TEXT, SOCKETMAP_COMMA };

/* What was read of a request so far. All zero before the first byte of a
 * connection. */
struct socketmap_reader {
	enum socketmap_state state; /* what is expected */
	size_t digits;		    /* read of the length */
	size_t len;		    /* of the text, as announced */
	size_t used;		    /* read of the text */
	char text[SOCKETMAP_KEPT];
};

struct socketmap_request {
	struct bytes name;
	struct bytes key;
};

/*
 * Reads on, and removes from *input what it read. Returns 1 when a request is
 * complete; *request then points into reader, until the next call. Returns 0
 * when all of *input is read and more is needed; ERR_BAD when the bytes are not
 * a request, or announce one that is longer than SOCKETMAP_REQUEST_MAX: the
 * connection must then be closed, for nothing after them can be understood.
 */
int socketmap_read(struct socketmap_reader *reader, struct bytes *input,
	struct socketmap_request *request) MUST_CHECK;

/* True if a part of a request was read, so that the rest must come. */
bool socketmap_began(const struct socketmap_reader *reader);

/* The most bytes of a reply. */
#define SOCKETMAP_REPLY_MAX (ANSWER_MAX + 32)

/* Writes the reply. Returns its length; no NUL follows it. */
size_t socketmap_format(
	const struct answer *answer, char reply[SOCKETMAP_REPLY_MAX]);

#endif

/*
 * message: a message as it lies in a file, split into headers and body so that
 * every octet can be put out again. Lines end with LF or CRLF, mixed as they
 * like (RFC 5322 section 2.2; Postfix's reading of what is a header).
 */
#ifndef READDRESS_TOOL_MESSAGE_MESSAGE_H
#define READDRESS_TOOL_MESSAGE_MESSAGE_H

#include <stdio.h>

#include "decide/decide.h"

/* Far over what Postfix takes (header_size_limit is 102,400 for each). */
#define MESSAGE_HEADERS_MAX ((size_t)16 << 20)

/*
 * data holds an mbox "From " line or nothing, the headers without gaps, and
 * then whatever comes: the empty line, a line that is no header, or nothing.
 */
struct message {
	char *data; /* all zero before the first message_read */
	size_t len; /* octets read so far; the body may be longer */
	size_t size;
	struct decide_header *headers; /* they point into data */
	size_t header_count;
	size_t header_room;
};

/* Where octets come from. read: at most size of them; 0 and *got, which is 0 at
 * the end alone, or an error. */
struct message_source {
	int (*read)(void *context, char *data, size_t size, size_t *got,
		struct error *error);
	void *context;
};

/* Standard input, which lives as long as the source. */
struct message_source message_stdin(void);

/*
 * Reads at least to the end of the header section; what the message held before
 * is gone. Returns 0; ERR_BAD when the section is longer than
 * MESSAGE_HEADERS_MAX; ERR_NOMEM; or what the source returned. message_free in
 * any case.
 */
int message_read(const struct message_source *source, struct message *message,
	struct error *error) MUST_CHECK;
void message_free(struct message *message);

/*
 * Writes the message with these values for these headers (ascending by index),
 * then all that rest still holds. Returns 0, ERR_IO or what the source
 * returned.
 */
int message_write(const struct message *message,
	const struct decision_header_edit *edits, size_t change_count,
	const struct message_source *rest, FILE *out,
	struct error *error) MUST_CHECK;

#endif

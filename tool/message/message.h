/*
 * message: a message as it is in a file, split into headers and body so that
 * every byte can be written again. Its lines end with LF or CRLF, or some with
 * each (RFC 5322 section 2.2). A line is a header if Postfix takes it for one.
 * Tested by tests/e2e/rewrite.test, tests/e2e/tool.test and
 * tests/fuzz/fuzz_mbox.c.
 */
#ifndef READDRESS_TOOL_MESSAGE_MESSAGE_H
#define READDRESS_TOOL_MESSAGE_MESSAGE_H

#include <stdio.h>

#include "decide/decide.h"

/* The limit of the header section, in bytes: far more than Postfix accepts, as
 * its header_size_limit is 102,400 for each header. */
#define MESSAGE_HEADERS_MAX ((size_t)16 << 20)

/*
 * A message that was read. It begins all zero; message_free() it. data holds
 * an mbox "From " line if there is one, the headers without gaps, and what was
 * read after them: the empty line or a line that is not a header, and the
 * beginning of the body.
 */
struct message {
	char *data;
	size_t len; /* bytes in data; more may follow in the source */
	size_t size;
	struct decide_header *headers; /* they point into data */
	size_t header_count;
	size_t header_room;
};

/* Where bytes come from. read() reads at most size bytes and returns 0, with
 * their number in *got, or an error. *got is 0 only at the end. */
struct message_source {
	int (*read)(void *context, char *data, size_t size, size_t *got,
		struct error *error);
	void *context;
};

/* Returns standard input as a source. */
struct message_source message_stdin(void);

/*
 * Reads at least to the end of the header section, in place of what *message
 * held before. Returns 0; ERR_BAD if the section is longer than
 * MESSAGE_HEADERS_MAX; ERR_NOMEM; or an error of the source.
 */
int message_read(const struct message_source *source, struct message *message,
	struct error *error) MUST_CHECK;
void message_free(struct message *message);

/*
 * Writes the message with the edited values of its headers, in ascending order
 * of their index, and then the rest of the source. Returns 0; ERR_IO if out
 * failed; or an error of the source.
 */
int message_write(const struct message *message,
	const struct decision_header_edit *edits, size_t change_count,
	const struct message_source *rest, FILE *out,
	struct error *error) MUST_CHECK;

#endif

/*
 * queuefile: the envelopes of messages in the queue, as `postcat -e` prints
 * them. Tested by tests/unit/postfix/test_queuefile.c and
 * tests/fuzz/fuzz_queuefile.c.
 */
#ifndef READDRESS_POSTFIX_QUEUEFILE_H
#define READDRESS_POSTFIX_QUEUEFILE_H

#include "base/bytes.h"

enum queuefile_kind {
	QUEUEFILE_OTHER,
	QUEUEFILE_FILE,	     /* a message begins: its queue ID */
	QUEUEFILE_RECIPIENT, /* an address that it is not delivered to yet */
	QUEUEFILE_DONE,	     /* an address that has got it, or that bounced */
	QUEUEFILE_CANCELED,  /* an address that a milter deleted */
	QUEUEFILE_FILTER     /* its content_filter: "transport:destination" */
};

/* A line; text and original are parts of it, or of the lines before. */
struct queuefile_line {
	enum queuefile_kind kind;
	struct bytes text;
	/* Of an address: the one in its ORCPT, without "rfc822;". len 0: it
	 * has none, or one of another type. */
	struct bytes original;
};

struct queuefile {
	struct bytes rest;     /* of the text */
	struct bytes original; /* for the next address */
};

/* Reads the next line. Returns false at the end. */
bool queuefile_next(struct queuefile *file, struct queuefile_line *line);

#endif

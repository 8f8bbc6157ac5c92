/*
 * mbox: reads the messages of an mbox file or of a Maildir, one after the
 * other. It writes nothing and sets no flags.
 *
 * mbox (RFC 4155 appendix A): a message begins with a line "From ..." that is
 * the first line of the file or follows an empty line. Some programs write no
 * empty line: a line "From ..." with a sender and a date begins a message after
 * any line. Quoted ">From " lines are not unquoted. The file is read as a
 * stream, so its size does not matter for memory.
 *
 * Maildir: the messages are the files in cur/ and new/, in the order of their
 * names. Sub-folders (.Sent and others) are not read; each is a Maildir of its
 * own.
 *
 * Tested by tests/e2e/rewrite.test and tests/fuzz/fuzz_mbox.c.
 */
#ifndef READDRESS_TOOL_MESSAGE_MBOX_H
#define READDRESS_TOOL_MESSAGE_MBOX_H

#include <stdint.h>

#include "message/message.h"

struct mbox;

/*
 * Opens path: a directory is a Maildir, any other file an mbox, "-" an mbox on
 * standard input. Returns 0; ERR_BAD for a directory that is not a Maildir;
 * ERR_NOENT, ERR_PERM, ERR_IO or ERR_NOMEM. mbox_close() *mbox.
 */
int mbox_open(
	struct mbox **mbox, const char *path, struct error *error) MUST_CHECK;
void mbox_close(struct mbox *mbox);

/* Goes to the next message; the message before need not be read to its end.
 * Skips a file that was deleted from the Maildir meanwhile. Returns 1; 0 after
 * the last message; ERR_BAD if the file is not an mbox; ERR_IO or ERR_PERM. */
int mbox_next(struct mbox *mbox, struct error *error) MUST_CHECK;

/* Returns the source of the bytes of the message that mbox_next() went to. */
struct message_source mbox_source(struct mbox *mbox);

/* Returns the name of that message, valid until mbox_next(): in an mbox its
 * number, beginning with 1; in a Maildir its file, "cur/NAME". */
const char *mbox_name(const struct mbox *mbox);

/* Says how much was read, for a progress line: bytes of an mbox, or files of a
 * Maildir. *total is 0 if it is not known. */
void mbox_progress(const struct mbox *mbox, uint64_t *done, uint64_t *total);

#endif

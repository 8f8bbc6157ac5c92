/*
 * mbox: the messages of an mbox file, or of a Maildir, one after the other.
 *
 * mbox (RFC 4155 appendix A): a message begins with a line "From ...", the
 * first of the file or behind an empty line; behind any other line where it has
 * a sender and a date, for some programs leave the empty line out; quoted
 * ">From " lines stay as they are. Read as a stream: a file of any size takes
 * the same memory. Maildir: all files of cur/ and new/, in the order of their
 * names; its sub-folders (.Sent and so on) are Maildirs of their own. Nothing
 * is written, no flag is set.
 */
#ifndef READDRESS_TOOL_MESSAGE_MBOX_H
#define READDRESS_TOOL_MESSAGE_MBOX_H

#include <stdint.h>

#include "message/message.h"

struct mbox;

/*
 * path: a directory is a Maildir, "-" is an mbox on standard input. Returns 0;
 * ERR_BAD for a directory that is no Maildir; ERR_NOENT, ERR_PERM, ERR_IO,
 * ERR_NOMEM. mbox_close it.
 */
int mbox_open(
	struct mbox **mbox, const char *path, struct error *error) MUST_CHECK;
void mbox_close(struct mbox *mbox);

/* Goes on to the next message, whatever was read of the one before. Returns 1;
 * 0 at the end; ERR_BAD when the file is no mbox; ERR_IO, ERR_PERM. A file that
 * left the Maildir meanwhile is passed over. */
int mbox_next(struct mbox *mbox, struct error *error) MUST_CHECK;

/* The octets of the message that mbox_next went to. */
struct message_source mbox_source(struct mbox *mbox);

/* Of that message, until the next: its number in an mbox, 1 the first; its file
 * in a Maildir, "cur/NAME". */
const char *mbox_name(const struct mbox *mbox);

/* How far it is, for a progress line: octets, or files. total 0: not known. */
void mbox_progress(const struct mbox *mbox, uint64_t *done, uint64_t *total);

#endif

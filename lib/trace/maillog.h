/*
 * maillog: one line of the mail log, as syslog, postlogd(8) and journalctl(1)
 * write it. Tested by tests/unit/trace/test_maillog.c.
 */
#ifndef READDRESS_TRACE_MAILLOG_H
#define READDRESS_TRACE_MAILLOG_H

#include <stdint.h>

#include "base/bytes.h"

/* The parts of a line point into it. */
struct maillog_line {
	struct bytes time;    /* as it stands there, with or without a year */
	struct bytes host;    /* that wrote it */
	struct bytes process; /* "postfix/smtpd", "readdress-milter" */
	/* The queue ID of Postfix, or "NOQUEUE". Empty: the line is not about a
	 * message. */
	struct bytes queue_id;
	struct bytes text; /* what follows: "client=mx.example[192.0.2.1]" */
};

/* Cuts a line, without its newline. NULs in front of it, which a crash of the
 * machine leaves in a file, are not part of it. Returns false if it is not one
 * of the mail log. */
bool maillog_cut(struct bytes line, struct maillog_line *cut);

/* Reads the time of a line: of RFC 3339, or local and without a year, which is
 * then the one that makes it the last before tomorrow. now and *seconds are
 * since 1970. Returns false if it is no time. */
bool maillog_seconds(struct bytes time, int64_t now, int64_t *seconds);

/* Finds a value in the text of a line, up to the next ", " or the end:
 * maillog_value(text, "relay=", &value). A value that begins with "<" ends at
 * the ">" before the next ", " or blank, and is returned without both. Returns
 * false if the name does not stand at the beginning of the text or behind a
 * blank. */
bool maillog_value(struct bytes text, const char *name, struct bytes *value);

#endif

/*
 * maillogfile: the mail log as lines, from a file with those that logrotate(8)
 * made of it, compressed or not, or from systemd's journal. Tested by
 * tests/e2e/trace.test.
 */
#ifndef READDRESS_TOOL_COMMAND_MAILLOGFILE_H
#define READDRESS_TOOL_COMMAND_MAILLOGFILE_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

/* What to read. */
struct maillogfile {
	const char *path; /* NULL: the journal */
	int64_t since;	  /* seconds since 1970; INT64_MIN: everything */
	int64_t now;	  /* likewise, for times that have no year */
};

/* Calls take for each line, without its newline and with a NUL after it, the
 * oldest first, until take returns an error. Lines before `since` are left out.
 * Returns that error; 0; or, with a text in *error, ERR_NOENT, ERR_PERM, ERR_IO
 * or ERR_NOMEM. */
int maillogfile_each(const struct maillogfile *file,
	int (*take)(void *context, struct bytes line), void *context,
	struct error *error) MUST_CHECK;

#endif

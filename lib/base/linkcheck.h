/*
 * linkcheck: refuses a file whose hard links may not be ours. A user who owns a
 * directory can link any file of the file system there; a privileged program
 * would then read, write or chown that file for this user.
 *
 * Tested by tests/unit/state/test_state.c and tests/e2e/start.test.
 */
#ifndef READDRESS_BASE_LINKCHECK_H
#define READDRESS_BASE_LINKCHECK_H

#include <sys/stat.h>

#include "base/error.h"

/* The places in which one file of ours may have several names at once. */
struct linkcheck_names {
	const char *const
		*here;	   /* names in the directory; NULL ends the list */
	const char *below; /* a directory in that directory; every name in it is
			      ours */
};

/*
 * Checks the file that was opened as name below dirfd; file is what fstat(2)
 * says of it. Returns 0 if it has one name, if the directory that contains it
 * belongs to root or to the effective user, or if all its names are among ours
 * (NULL: no second name is allowed). Otherwise returns ERR_BAD with a text that
 * names shown. Returns a code of error_set_errno() when the directory cannot be
 * opened.
 */
int linkcheck(int dirfd, const char *name, const struct stat *file,
	const struct linkcheck_names *ours, const char *shown,
	struct error *error) MUST_CHECK;

#endif

/*
 * linkcheck: hard links in a directory that somebody else owns. Its owner can
 * give a name there to any file of the file system, so that we read, write or
 * chown for him what he may not.
 */
#ifndef READDRESS_BASE_LINKCHECK_H
#define READDRESS_BASE_LINKCHECK_H

#include <sys/stat.h>

#include "base/error.h"

/* The places where a file of ours may have several names at once. */
struct linkcheck_names {
	const char *const
		*here;	   /* names in a directory; NULL behind the last */
	const char *below; /* a directory in it, in which any name is ours */
};

/*
 * file: what fstat says of the file that was opened as name below dirfd. 0 when
 * it has one name, when the directory that holds it belongs to root or to us,
 * or when all its names are among ours (NULL: there are none such). Else
 * ERR_BAD, with shown in the text; or as error_set_errno.
 */
int linkcheck(int dirfd, const char *name, const struct stat *file,
	const struct linkcheck_names *ours, const char *shown,
	struct error *error) MUST_CHECK;

#endif

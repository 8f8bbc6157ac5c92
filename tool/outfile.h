/*
 * outfile: a file that a user names for output. It is replaced as a whole: a
 * reader sees the old file or the new one, never a part. A symbolic link stays,
 * and the file that it leads to is replaced. What is no regular file, such as
 * /dev/null, a FIFO or a directory, is refused, and so is the file that is
 * standard output or standard error: the shell's descriptor would go on with
 * the one that was replaced.
 *
 * Each function that takes a struct error returns 0, or a negative code with a
 * text that names the path as it was given: ERR_BAD for what is refused,
 * ERR_CREATE, ERR_PERM, ERR_IO. Tested by tests/e2e/outfile.test.
 */
#ifndef READDRESS_TOOL_OUTFILE_H
#define READDRESS_TOOL_OUTFILE_H

#include <limits.h>
#include <sys/types.h>

#include "base/error.h"

struct outfile {
	const char *shown; /* the path as it was given; the caller's */
	char path[PATH_MAX];
	char fresh[PATH_MAX]; /* its name until it is whole; "": none */
	int fd;		      /* for reading and writing */
};

/* Finds the file that a path leads to: the path itself if there is none. */
int outfile_find(
	const char *path, char found[PATH_MAX], struct error *error) MUST_CHECK;

/* Makes a new file beside the one that the path leads to, under a name that
 * nothing has. Its mode is less the umask. The caller must outfile_close() it,
 * after an error too. */
int outfile_open(struct outfile *file, const char *path, mode_t mode,
	struct error *error) MUST_CHECK;

/* Syncs the new file and gives it its name. */
int outfile_commit(struct outfile *file, struct error *error) MUST_CHECK;

/* Closes the file, and removes it if it has not got its name. */
void outfile_close(struct outfile *file);

#endif

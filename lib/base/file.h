/*
 * file: small files in an open directory: opened with care, appended to, or
 * replaced as a whole. Names are relative to dirfd, and shown is what messages
 * call the file. No function here follows a symbolic link in the last component
 * of name or blocks on a FIFO.
 *
 * Each function that takes a struct error returns 0 (or what it says) or a
 * negative code with a text: ERR_NOENT, ERR_PERM, ERR_NOMEM and ERR_IO for what
 * the system reports (error_set_errno()), and the codes that its comment names.
 *
 * Tested by tests/unit/state/ and tests/e2e/start.test.
 */
#ifndef READDRESS_BASE_FILE_H
#define READDRESS_BASE_FILE_H

#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/linkcheck.h"

/*
 * Opens a regular file for reading. Returns the descriptor, which the caller
 * closes, and stores the result of fstat(2) in *status, which may be NULL.
 * Returns ERR_BAD when the name is not a regular file, when the directory in
 * its path is not a directory, or when linkcheck() refuses the file; this file
 * may have one name only.
 */
int file_open(int dirfd, const char *name, const char *shown,
	struct stat *status, struct error *error) MUST_CHECK;

/* Does the same for a file that may have several names, which ours lists. */
int file_open_linked(int dirfd, const char *name, const char *shown,
	const struct linkcheck_names *ours, struct stat *status,
	struct error *error) MUST_CHECK;

/* Writes all of data, also after short writes and EINTR. Returns 0; or -1 with
 * errno set. */
int file_write(int fd, const void *data, size_t len) MUST_CHECK;

/* Reads len bytes from offset, also after short reads. Returns how many it
 * read, which is less than len only at the end of the file; or -1 with errno
 * set. */
ssize_t file_read_at(int fd, void *data, size_t len, off_t offset) MUST_CHECK;

/*
 * Reads a regular file of at most size - 1 bytes into text, and puts a NUL
 * after them. Returns the length. Returns ERR_BAD when file_open() does, or
 * when the file is longer.
 */
int file_read_small(int dirfd, const char *name, const char *shown, char *text,
	size_t size, struct error *error) MUST_CHECK;

/* Sets the mode and the group of fd if they differ, whatever the umask is. The
 * group (gid_t)-1 means that it stays as it is. A file that root makes also
 * gets the owner of dirfd, the directory that contains it, because that user
 * must be able to use it later; dirfd -1 leaves the owner as it is. Returns 1
 * if something was changed, 0 if not, or -1 with errno set. */
int file_own(int fd, int dirfd, mode_t mode, gid_t group) MUST_CHECK;

/*
 * Replaces the content of the file with data: writes NAME.new, syncs it,
 * renames it and syncs the directory. A reader sees the old file or the new
 * one, never a part. Also returns ERR_CREATE when the new file cannot be made.
 */
int file_replace(int dirfd, const char *name, const char *shown, mode_t mode,
	gid_t group, const void *data, size_t len,
	struct error *error) MUST_CHECK;

/* Does the same to a file in the directory dir, whose group it gets. Returns
 * ERR_NOENT if there is no such directory. */
int file_replace_in(const char *dir, const char *name, mode_t mode,
	const void *data, size_t len, struct error *error) MUST_CHECK;

/*
 * Appends one line and syncs the file; the newline is added here. If a crash
 * has cut the last line of the file short, that line is ended first. After an
 * error the file is as long as before. Also returns ERR_CREATE when the file
 * cannot be made, and ERR_BAD when it is not a regular file or linkcheck()
 * refuses it.
 */
int file_append_line(int dirfd, const char *name, const char *shown,
	mode_t mode, gid_t group, const char *line,
	struct error *error) MUST_CHECK;

/* Reports that a file could not be made. Call it while errno is set. Returns
 * ERR_CREATE instead of ERR_IO and ERR_NOENT, and otherwise the code of
 * error_set_errno(). */
int file_error_create(const char *shown, struct error *error);

#endif

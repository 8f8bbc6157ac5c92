/*
 * file: small files in a directory that is open: read with care, appended to,
 * replaced whole. Names are relative to dirfd; shown is what messages call the
 * file. Nothing here follows a symbolic link or blocks on a FIFO. What may
 * return ERR_PERM may return ERR_NOMEM, too (error_set_errno).
 */
#ifndef READDRESS_BASE_FILE_H
#define READDRESS_BASE_FILE_H

#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/linkcheck.h"

/*
 * Opens a regular file for reading. Returns the descriptor (close it) and what
 * fstat says (status may be NULL); ERR_NOENT, ERR_PERM; ERR_BAD when it is no
 * regular file, or what should be its directory is none, or linkcheck() refuses
 * it, for which it has one name; ERR_IO.
 */
int file_open(int dirfd, const char *name, const char *shown,
	struct stat *status, struct error *error) MUST_CHECK;

/* As file_open, of a file that may have several of these names. */
int file_open_linked(int dirfd, const char *name, const char *shown,
	const struct linkcheck_names *ours, struct stat *status,
	struct error *error) MUST_CHECK;

/* Writes all of data, over short writes and EINTR. Returns 0, or -1 and errno.
 */
int file_write(int fd, const void *data, size_t len) MUST_CHECK;

/* Reads up to len octets from offset, over short reads. Returns what was read,
 * less than len at the end of the file only; -1 and errno. */
ssize_t file_read_at(int fd, void *data, size_t len, off_t offset) MUST_CHECK;

/*
 * Reads a regular file of at most size - 1 octets into text, NUL behind.
 * Returns the length; as file_open; ERR_BAD when it is longer.
 */
int file_read_small(int dirfd, const char *name, const char *shown, char *text,
	size_t size, struct error *error) MUST_CHECK;

/* Sets mode and group where they differ ((gid_t)-1: leave it), whatever the
 * umask made of them; what root makes gets the owner of the directory that it
 * stands in, too (-1: leave it), who must be able to go on. Returns 1 when
 * something was changed, 0 when not, -1 and errno. */
int file_own(int fd, int dirfd, mode_t mode, gid_t group) MUST_CHECK;

/*
 * Makes the file hold data, through NAME.new, fsync, rename and an fsync of the
 * directory: a reader sees the old or the new one, whole. Returns 0, ERR_PERM,
 * ERR_CREATE, ERR_IO.
 */
int file_replace(int dirfd, const char *name, const char *shown, mode_t mode,
	gid_t group, const void *data, size_t len,
	struct error *error) MUST_CHECK;

/*
 * Appends one line (its newline is added here) and fsyncs. A last line that a
 * crash cut short is ended first. On error the file is as long as before.
 * Returns as file_replace; ERR_BAD when it is no regular file.
 */
int file_append_line(int dirfd, const char *name, const char *shown,
	mode_t mode, gid_t group, const char *line,
	struct error *error) MUST_CHECK;

/* After a file could not be made: as error_set_errno, but ERR_CREATE where that
 * says ERR_IO or ERR_NOENT. */
int file_error_create(const char *shown, struct error *error);

#endif

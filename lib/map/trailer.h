/*
 * trailer: the trailer behind a finished file, by which it is known to be ours,
 * finished and undamaged.
 *
 * 56 octets: "READDRES"; version (4); zero (4); length of what is before the
 * trailer (8); SHA-256 of that (32). Numbers are little-endian.
 */
#ifndef READDRESS_MAP_TRAILER_H
#define READDRESS_MAP_TRAILER_H

#include <stdint.h>

#include "base/error.h"

#define TRAILER_SIZE 56

/*
 * Hashes all that fd holds and appends the trailer. fd: open for reading and
 * writing; its offset moves. No fsync. path is for messages. Returns 0, ERR_IO,
 * ERR_NOMEM.
 */
int trailer_append(int fd, const char *path, uint32_t version,
	struct error *error) MUST_CHECK;

/*
 * Is the regular file fd whole? copy: a descriptor that is given exactly the
 * octets that were hashed, or -1. Returns 0 and *length, that of what is before
 * the trailer; ERR_BAD with what is wrong; ERR_IO, ERR_NOMEM.
 */
int trailer_check(int fd, const char *path, uint32_t version, int copy,
	uint64_t *length, struct error *error) MUST_CHECK;

#endif

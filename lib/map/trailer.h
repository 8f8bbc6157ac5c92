/*
 * trailer: the end of a finished file, which shows that the file is ours,
 * finished and undamaged.
 *
 * It has 56 bytes: "READDRES"; version (4); zero (4); length of what is before
 * the trailer (8); SHA-256 of that (32). Numbers are little-endian.
 *
 * Tested by tests/unit/map/test_map.c.
 */
#ifndef READDRESS_MAP_TRAILER_H
#define READDRESS_MAP_TRAILER_H

#include <stdint.h>

#include "base/error.h"

#define TRAILER_SIZE 56

/*
 * Hashes everything in the file fd and appends the trailer. fd must be open for
 * reading and writing; its offset moves. The file is not synced. path is for
 * messages. Returns 0; ERR_NOMEM; ERR_BAD when the file becomes shorter
 * meanwhile; ERR_IO, or another code of error_set_errno().
 */
int trailer_append(int fd, const char *path, uint32_t version,
	struct error *error) MUST_CHECK;

/* The versions that trailer_check() accepts, and what it finds. */
struct trailer {
	uint32_t first;
	uint32_t last;
	uint32_t version; /* of the file */
	uint64_t length;  /* the number of bytes before the trailer */
};

/*
 * Checks that the regular file fd is complete and undamaged, and of one of the
 * versions from trailer->first to trailer->last. If copy is not -1, exactly the
 * bytes that were hashed are written to it. Returns 0 and sets the rest of
 * *trailer; ERR_BAD with the fault; ERR_NOMEM; ERR_IO, or another code of
 * error_set_errno().
 */
int trailer_check(int fd, const char *path, struct trailer *trailer, int copy,
	struct error *error) MUST_CHECK;

#endif

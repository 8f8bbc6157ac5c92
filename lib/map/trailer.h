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

/*
 * Checks that the regular file fd is complete and undamaged. If copy is not -1,
 * exactly the bytes that were hashed are written to it. Returns 0 and *length,
 * the number of bytes before the trailer; ERR_BAD with the fault; ERR_NOMEM;
 * ERR_IO, or another code of error_set_errno().
 */
int trailer_check(int fd, const char *path, uint32_t version, int copy,
	uint64_t *length, struct error *error) MUST_CHECK;

#endif

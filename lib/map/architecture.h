/*
 * architecture: checks that a map was made on a machine like this one. LMDB
 * writes numbers as the machine stores them, and does not recognise a file of a
 * different machine as an LMDB file. Without this check, an undamaged map would
 * be reported as damaged.
 *
 * Tested by tests/unit/map/test_map.c and tests/e2e/characters.test.
 */
#ifndef READDRESS_MAP_ARCHITECTURE_H
#define READDRESS_MAP_ARCHITECTURE_H

#include "base/error.h"

/* Checks the file fd, after trailer_check() accepted it; path is for messages.
 * Returns 0, also for a file that is not an LMDB file; ERR_FOREIGN with a text
 * that names both architectures and what to do; or a code of error_set_errno()
 * when the file cannot be read. */
int architecture_check(
	int fd, const char *path, struct error *error) MUST_CHECK;

#endif

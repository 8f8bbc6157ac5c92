/*
 * usagefile: the format of served/usage. All numbers are little-endian:
 *
 *   "readdress usage 1\n"
 *   4 bytes for each kind: since when it is incomplete, or 0
 *   8 bytes: the number of entries
 *   each entry: kind, table, 1 if it is hashed, 0 (1 byte each); length of the
 *     name (2); first and last time (4 each); the counts (8 each, as many as
 *     usage_counts() says); the name
 *   32 bytes: the SHA-256 of everything before
 *
 * Tested by tests/unit/usage/test_master.c and tests/fuzz/fuzz_usage.c.
 */
#ifndef READDRESS_USAGE_USAGEFILE_H
#define READDRESS_USAGE_USAGEFILE_H

#include "usage/master.h"

/* Writes the master as a file's content. Returns 0, and *data, which the caller
 * must free(), and its length; or ERR_NOMEM. */
int usagefile_format(
	const struct master *master, char **data, size_t *len) MUST_CHECK;

/* Adds the entries of a file to the master. Returns 0; ERR_BAD if it is not
 * whole, with a reason such as "its digest is wrong" in *error, and then the
 * master is unchanged; or ERR_NOMEM, and then it may have some of them. */
int usagefile_parse(struct master *master, struct bytes data,
	struct error *error) MUST_CHECK;

#endif

/*
 * architecture: was a map made on a machine like this one? LMDB writes numbers
 * as the machine holds them, and calls what another machine wrote no LMDB file
 * at all: an undamaged map would be taken for a damaged one.
 */
#ifndef READDRESS_MAP_ARCHITECTURE_H
#define READDRESS_MAP_ARCHITECTURE_H

#include "base/error.h"

/* fd: a file whose seal is whole (trailer_check). path is for the message.
 * Returns 0, also for what is no LMDB file; ERR_FOREIGN with both architectures
 * named and what to do; ERR_IO. */
int architecture_check(
	int fd, const char *path, struct error *error) MUST_CHECK;

#endif

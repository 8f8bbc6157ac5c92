/*
 * holds: assertions for unit tests and fuzz targets alike, which work without
 * cmocka and in every build.
 */
#ifndef READDRESS_HOLDS_H
#define READDRESS_HOLDS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Aborts the program, with the place and the text of the condition, unless it
 * holds. A macro, for the place. */
#define HOLDS(what)                                                            \
	do {                                                                   \
		if (!(what)) {                                                 \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__,         \
				__LINE__, #what);                              \
			abort();                                               \
		}                                                              \
	} while (0)

/* Returns a copy of len bytes in a block of its own, without a NUL after them,
 * so that a sanitizer sees each byte that is read beyond them. free() it. */
char *holds_block(const char *data, size_t len);

#endif

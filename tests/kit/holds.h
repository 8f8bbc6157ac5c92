/*
 * holds: for unit tests and fuzz targets. What does not hold ends the program,
 * and an input lies in a block of its own.
 */
#ifndef READDRESS_HOLDS_H
#define READDRESS_HOLDS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLDS(what)                                                            \
	do {                                                                   \
		if (!(what)) {                                                 \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__,         \
				__LINE__, #what);                              \
			abort();                                               \
		}                                                              \
	} while (0)

/* A copy without NUL behind it, in a block of its own, so that a sanitizer sees
 * each octet read beyond. free() it. */
static inline char *holds_block(const char *data, size_t len)
{
	char *block = malloc(len ? len : 1);

	HOLDS(block);
	if (len)
		memcpy(block, data, len);
	return block;
}

#endif

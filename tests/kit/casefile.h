/*
 * casefile: reads the blocks of tests/cases, in the format that their README
 * describes. The test fails at a file that cannot be read or is not written so,
 * and where memory is short.
 */
#ifndef READDRESS_CASEFILE_H
#define READDRESS_CASEFILE_H

#include "base/bytes.h"

#define CASEFILE_LINES 64
#define CASEFILE_MAX   2048

struct casefile_line {
	char *name;
	struct bytes value; /* without escapes; a NUL follows */
};

struct casefile_block {
	const char *file;
	unsigned number; /* of its first line, from 1 */
	struct casefile_line lines[CASEFILE_LINES];
	size_t count;
};

/* All blocks, in the order in which they were read. Begins as { .count = 0 };
 * nothing of it is freed before the program ends. */
struct casefile {
	struct casefile_block *blocks[CASEFILE_MAX];
	size_t count;
};

/* A text that grows. Begins as { NULL, 0, 0 }; free() data. */
struct casefile_text {
	char *data; /* a NUL follows the len bytes */
	size_t len;
	size_t room;
};

/* Appends len bytes. */
void casefile_put(struct casefile_text *text, const char *data, size_t len);

/* Appends the blocks of the files that match dir/pattern, in the order of their
 * names. Fails the test if there is no such file. */
void casefile_glob(
	struct casefile *cases, const char *dir, const char *pattern);

/* Returns the value of the first line with this name, or data NULL if the block
 * has none. */
struct bytes casefile_value(
	const struct casefile_block *block, const char *name);

#endif

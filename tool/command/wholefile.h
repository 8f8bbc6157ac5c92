/*
 * wholefile: an export of a directory, read into memory. Tested by
 * tests/e2e/convert.test.
 */
#ifndef READDRESS_TOOL_COMMAND_WHOLEFILE_H
#define READDRESS_TOOL_COMMAND_WHOLEFILE_H

#include "base/error.h"

/* Reads the file; "-" is standard input. The caller frees *data, after an error
 * too. Returns 0; or with a text that names the file: ERR_NOENT, ERR_PERM,
 * ERR_IO, ERR_NOMEM, or ERR_BAD if it has more than 1 GB. */
int wholefile_read(const char *path, char **data, size_t *len,
	struct error *error) MUST_CHECK;

/* Returns the path as messages have it: "standard input" for "-". */
const char *wholefile_name(const char *path);

#endif

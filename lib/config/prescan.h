/*
 * prescan: checks the text of readdress.conf and removes its comments before
 * libconfuse reads it.
 *
 * libconfuse 3.3 counts lines wrongly after each comment, ignores the rest of
 * the file after a comment that is not closed, and replaces ${NAME} by a value
 * from the environment. None of that is acceptable in a file that decides where
 * mail goes.
 *
 * Tested by tests/unit/config/test_config.c.
 */
#ifndef READDRESS_CONFIG_PRESCAN_H
#define READDRESS_CONFIG_PRESCAN_H

#include "base/error.h"

/*
 * Replaces comments and a byte order mark in text by blanks, in place. Line
 * breaks stay. name returns the name of each option by its index, and NULL
 * after the last. Returns 0; or ERR_CONFIG with "path:line: ..." for a NUL
 * byte, a string or comment that is not closed, a line break in a string, ${
 * outside single quotes, an unquoted character that libconfuse would drop, or
 * an unknown option.
 */
int prescan_prepare(char *text, size_t len, const char *path,
	const char *(*name)(size_t index), struct error *error) MUST_CHECK;

#endif

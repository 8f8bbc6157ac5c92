/*
 * prescan: the text of readdress.conf before libconfuse sees it.
 *
 * libconfuse 3.3 counts lines wrongly behind every comment, swallows the rest
 * of the file behind an unclosed comment, and replaces ${NAME} by the
 * environment. None of that suits a file that decides where mail goes.
 */
#ifndef READDRESS_CONFIG_PRESCAN_H
#define READDRESS_CONFIG_PRESCAN_H

#include "base/error.h"

/*
 * Replaces comments (and a byte order mark) in text by blanks, in place; line
 * breaks stay. name: the name of each option by its index,
 * NULL behind the last.
 * Returns 0; or ERR_CONFIG with "path:line: ..." for a NUL octet, a string or
 * comment that is not closed, a line break inside a string, ${ outside single
 * quotes, an unquoted character that libconfuse would drop, or an unknown
 * option.
 */
int prescan_prepare(char *text, size_t len, const char *path,
	const char *(*name)(size_t index), struct error *error) MUST_CHECK;

#endif

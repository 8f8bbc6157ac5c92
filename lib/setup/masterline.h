/*
 * masterline: one line of master.cf, as postconf -M prints it: eight fields,
 * and then the arguments of the program.
 */
#ifndef READDRESS_SETUP_MASTERLINE_H
#define READDRESS_SETUP_MASTERLINE_H

#include "base/arena.h"

/* Returns the line with the option "-o name=value" set to another value, which
 * may have blanks; or with this option added, if the line has none. Returns
 * NULL when the arena is exhausted. */
const char *masterline_set(struct arena *arena, const char *line,
	const char *name, const char *value) MUST_CHECK;

/* Returns the line without the option; the line itself, if it has none. Returns
 * NULL when the arena is exhausted. */
const char *masterline_unset(
	struct arena *arena, const char *line, const char *name) MUST_CHECK;

#endif

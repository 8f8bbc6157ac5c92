/*
 * userfile: the users in a directory's export as CSV. Tested by
 * tests/e2e/probe.test.
 */
#ifndef READDRESS_TOOL_COMMAND_USERFILE_H
#define READDRESS_TOOL_COMMAND_USERFILE_H

#include "base/arena.h"
#include "base/error.h"

struct userfile {
	struct bytes *keys; /* address_key() of each address; in the arena */
	size_t count;
};

/*
 * Reads all addresses in the column with this name; NULL: Source. A field may
 * hold several, as Exchange writes them; what is no address for mail is left
 * out. Returns 0; or with a text that names the file, and the line: ERR_BAD if
 * it is no CSV, has no such column, or holds what looks like an address and is
 * none; ERR_NOENT, ERR_PERM, ERR_IO or ERR_NOMEM.
 */
int userfile_read(struct userfile *users, const char *path, const char *column,
	struct arena *arena, struct error *error) MUST_CHECK;

#endif

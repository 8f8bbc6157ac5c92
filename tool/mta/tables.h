/*
 * tables: writes the files of `readdress postfix --files`. Tested by
 * tests/e2e/setup.test.
 */
#ifndef READDRESS_TOOL_MTA_TABLES_H
#define READDRESS_TOOL_MTA_TABLES_H

#include "tool.h"

/* Writes each table into the directory of --files, as a new file that takes the
 * place of the old one. Returns 0; ERR_NOENT if there is no map, or no such
 * directory; ERR_PERM, ERR_IO, ERR_CREATE, ERR_NOMEM or ERR_BAD. */
int tables_write(const struct tool *tool, struct error *error) MUST_CHECK;

#endif

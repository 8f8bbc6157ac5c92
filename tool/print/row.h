/*
 * row: prints rules as rows, for the commands that print a table: as CSV, or
 * with --json as objects. Tested by tests/e2e/tool.test.
 */
#ifndef READDRESS_TOOL_PRINT_ROW_H
#define READDRESS_TOOL_PRINT_ROW_H

#include "tool.h"

/* Gives standard output a large buffer, and prints the header of the CSV.
 * Returns 0, or ERR_IO if standard output failed. */
int row_begin(const struct tool *tool, struct error *error) MUST_CHECK;

/* Prints a row of the table. Returns 0, ERR_NOMEM, or ERR_IO if standard output
 * failed. */
int row_print(const struct tool *tool, enum rule_table table,
	const struct rule *rule, struct error *error) MUST_CHECK;

#endif

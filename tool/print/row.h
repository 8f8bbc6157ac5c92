/*
 * row: rules printed as rows, by the commands that print a table: as CSV, or
 * with --json as objects.
 */
#ifndef READDRESS_TOOL_PRINT_ROW_H
#define READDRESS_TOOL_PRINT_ROW_H

#include "tool.h"

/* Before the first row: a large buffer for standard output, and the header of
 * the CSV. 0; ERR_IO when standard output failed. */
int row_begin(const struct tool *tool, struct error *error) MUST_CHECK;

/* A row of the table. 0; ERR_NOMEM; ERR_IO when standard output failed. */
int row_print(const struct tool *tool, enum rule_table table,
	const struct rule *rule, struct error *error) MUST_CHECK;

#endif

/*
 * show: prints the plan for an instance. Tested by tests/e2e/setup.test.
 */
#ifndef READDRESS_TOOL_MTA_SHOW_H
#define READDRESS_TOOL_MTA_SHOW_H

#include "mta/instance.h"

/* Prints the commands of the plan on standard output, as a script of the shell
 * or, with --json, as an object for each. Returns 0, ERR_NOMEM or ERR_IO. */
int show_plan(struct instance *instance, const struct tool *tool,
	struct error *error) MUST_CHECK;

#endif

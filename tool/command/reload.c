/*
 * reload: the command that has the milter serve the newest generation. Tested
 * by tests/e2e/tool.test.
 */
#include "command/command.h"

#include "milter.h"

int command_reload(struct tool *tool, struct error *error)
{
	return milter_reload(tool, tool->options.timeout, error);
}

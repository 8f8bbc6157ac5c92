/* `reload` */
#include "command/command.h"

#include "milter.h"

int command_reload(struct tool *tool, struct error *error)
{
	return milter_reload(tool, tool->options.timeout, error);
}

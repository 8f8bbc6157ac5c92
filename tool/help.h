/* help: usage and help texts, made from the tables of commands and options. */
#ifndef READDRESS_TOOL_HELP_H
#define READDRESS_TOOL_HELP_H

#include "tool.h"

/* NULL, with the reason, when there is no such command. */
const struct command *help_find(
	const struct command *commands, const char *name, struct error *error);

/* The usage line alone. */
void help_usage(FILE *file, const struct command *command);

/* What `readdress COMMAND --help` prints. */
void help_command(FILE *file, const struct command *command);

/* What `readdress help` prints. */
void help_all(FILE *file, const struct command *commands);

#endif

/*
 * help: the usage line and the help texts, made from the table of commands and
 * the table of options. Tested by tests/e2e/tool.test.
 */
#ifndef READDRESS_TOOL_HELP_H
#define READDRESS_TOOL_HELP_H

#include "tool.h"

/* Returns the command of this name, or NULL with the reason in *error. */
const struct command *help_find(
	const struct command *commands, const char *name, struct error *error);

/* Prints the usage line of the command. */
void help_usage(FILE *file, const struct command *command);

/* Prints the text of `readdress COMMAND --help`. */
void help_command(FILE *file, const struct command *command);

/* Prints the text of `readdress help`: all commands. */
void help_all(FILE *file, const struct command *commands);

#endif

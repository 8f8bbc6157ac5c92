#include "help.h"

#include "command/command.h"

void help_usage(FILE *file, const struct command *command)
{
	int column = fprintf(file, "usage: readdress %s", command->name);

	column = options_usage(file, command->options, column);
	if (*command->operands)
		(void)options_usage_word(file, command->operands, column);
	(void)fputc('\n', file);
}

void help_command(FILE *file, const struct command *command)
{
	help_usage(file, command);
	(void)fprintf(file, "\n%s: %s\n", command->name, command->does);
	if (command->run == command_invert)
		(void)fputs("TABLE is inbound or outbound.\n", file);
	else if (command->needs & NEED_TABLE)
		(void)fputs("TABLE is inbound, outbound or routes.\n", file);
	if (command->options)
		(void)fputc('\n', file);
	options_help(file, command->options, command->name);
	(void)fputs("\nSee readdress(1) for details and an example.\n", file);
}

void help_all(FILE *file, const struct command *commands)
{
	(void)fputs("usage: readdress [-c CONF] [-q] [--json] [--color WHEN] "
		    "COMMAND ...\n\n",
		file);
	for (const struct command *c = commands; c->name; c++)
		(void)fprintf(file, "  %-8s %s\n", c->name, c->does);
	(void)fputs("\n"
		    "  -c CONF  read this configuration (" READDRESS_CONF ")\n"
		    "  -q       print no messages except errors\n"
		    "  --json   print JSON Lines: one object per line\n"
		    "  --color WHEN\n"
		    "           auto (colours on a terminal), always or never\n"
		    "  --version, --help, COMMAND --help\n",
		file);
}

const struct command *help_find(
	const struct command *commands, const char *name, struct error *error)
{
	for (const struct command *c = commands; c->name; c++) {
		if (!strcmp(c->name, name))
			return c;
	}
	(void)error_set(error, ERR_USAGE,
		"unknown command \"%s\"; `readdress help` lists the commands",
		name);
	return NULL;
}

int command_help(struct tool *tool, struct error *error)
{
	const struct command *command;

	if (!tool->operand_count) {
		help_all(stdout, tool->commands);
		return 0;
	}
	command = help_find(tool->commands, tool->operands[0], error);
	if (!command)
		return ERR_USAGE;
	help_command(stdout, command);
	return 0;
}

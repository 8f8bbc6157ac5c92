/*
 * tool: what every command of `readdress` is given, and what a command is.
 *
 * Data goes to standard output, everything else to standard error. A command
 * returns 0 or a code of lib/base/error.h, which becomes the exit status; the
 * text in *error, where there is one, is printed by main. error is never NULL.
 */
#ifndef READDRESS_TOOL_TOOL_H
#define READDRESS_TOOL_TOOL_H

#include "config/config.h"
#include "update/update.h"
#include "map/map.h"
#include "options.h"
#include "state/state.h"

enum {
	NEED_CONFIG = 1u,
	NEED_TABLE = 2u, /* the first operand names a table */
	NEED_STATE = 4u, /* the state directory, which must be there */
	NEED_MAP = 8u,	 /* a map: the newest, --served or --generation N */
};

struct tool;

struct command {
	const char *name;
	const char *operands; /* for the usage line */
	const char *does;     /* for the help, one line */
	int (*run)(struct tool *tool, struct error *error);
	unsigned options; /* OPTION_BIT of those that it takes */
	int min;	  /* operands; max -1: any number */
	int max;
	unsigned needs;
};

/* Main's: it frees what is in it when the command is over. */
struct tool {
	const struct command *commands; /* all of them, in the manual's order;
					   name NULL behind the last */
	const struct command *command;
	struct options options;
	char **operands; /* the table's name, where NEED_TABLE, not among them
			  */
	int operand_count;
	bool quiet;
	enum rule_table table; /* NEED_TABLE */
	char line[256]; /* the command as typed, for the map's metadata; cut */
	struct config *config; /* these three NULL but where needed */
	struct state *state;
	struct map *map;
};

/* A message on standard error, unless -q: what happened, what to do next. The
 * newline is added, control octets are escaped; cut at ERROR_TEXT_MAX. */
void tool_say(const struct tool *tool, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Opens tool->state; one that is open is closed first, and its lock ends.
 * Errors and create: as state_open. */
int tool_open_state(
	struct tool *tool, bool create, struct error *error) MUST_CHECK;

/* Opens tool->map, the one that the options name, and says its generation.
 * ERR_USAGE when they name two; ERR_NOTFOUND when none was served yet; as
 * state_served, state_open_generation and state_open_newest. */
int tool_open_map(struct tool *tool, struct error *error) MUST_CHECK;

/* Returns code; after a failure of disk or memory the text also says that
 * nothing was changed, so that nobody has to look. */
int tool_edit_failed(int code, struct error *error);

/* ERR_IO with the text, for a write to standard output that failed: errno says
 * why; 0 stands for EIO. */
int tool_output_failed(struct error *error);

#endif

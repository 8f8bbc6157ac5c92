/*
 * tool: what every command of `readdress` is given, and what a command is.
 *
 * Data goes to standard output, everything else to standard error. A command
 * returns 0 or a code of lib/base/error.h, which becomes the exit status; the
 * text in *error, where there is one, is printed by main. error is never NULL.
 */
#ifndef READDRESS_TOOL_H
#define READDRESS_TOOL_H

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

/* The table, in the manual's order; name NULL behind the last. In main.c. */
extern const struct command tool_commands[];

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

/*
 * SIGHUP to the milter, then waits until it serves the newest generation, and
 * prints it. ERR_DOWN: it is not running, it refused the new map, it was
 * restarted meanwhile, or it took more than timeout seconds. ERR_PERM: it is
 * not ours to signal. Else as state_open_newest and state_served. In service.c.
 */
int tool_reload(
	struct tool *tool, unsigned timeout, struct error *error) MUST_CHECK;

/* What ends an edit: with --reload as tool_reload, with the state opened anew
 * so that the writers' lock is not held meanwhile; else 0, with the hint that a
 * reload is needed where the edit made a generation. In service.c. */
int tool_go_live(struct tool *tool, bool made, struct error *error) MUST_CHECK;

/* The milter's process. ERR_DOWN when it is not running; else as
 * pidfile_running. In service.c. */
int tool_find_milter(
	const struct tool *tool, pid_t *pid, struct error *error) MUST_CHECK;

/* Each as struct command's run. */
int command_add(struct tool *tool, struct error *error);
int command_check(struct tool *tool, struct error *error);
int command_delete(struct tool *tool, struct error *error);
int command_diff(struct tool *tool, struct error *error);
int command_export(struct tool *tool, struct error *error);
int command_help(struct tool *tool, struct error *error);
int command_history(struct tool *tool, struct error *error);
int command_init(struct tool *tool, struct error *error);
int command_invert(struct tool *tool, struct error *error);
int command_list(struct tool *tool, struct error *error);
int command_load(struct tool *tool, struct error *error);
int command_log(struct tool *tool, struct error *error);
int command_lookup(struct tool *tool, struct error *error);
int command_purge(struct tool *tool, struct error *error);
int command_reload(struct tool *tool, struct error *error);
int command_rewrite(struct tool *tool, struct error *error);
int command_rollback(struct tool *tool, struct error *error);
int command_sample(struct tool *tool, struct error *error);
int command_status(struct tool *tool, struct error *error);

#endif

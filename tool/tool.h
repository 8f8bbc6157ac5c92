/*
 * tool: a command of `readdress`, what it is given, and what commands share.
 *
 * Data goes to standard output, everything else to standard error. A command
 * returns 0 or a code of lib/base/error.h, which becomes the exit status. main
 * prints the text in *error if there is one. error is never NULL.
 * Tested by tests/e2e/tool.test.
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
	NEED_STATE = 4u, /* the state directory must exist; it is opened */
	NEED_MAP = 8u,	 /* a map: the newest, --served or --generation N */
};

struct tool;

struct command {
	const char *name;
	const char *operands; /* for the usage line */
	const char *does;     /* for the help: one line, a verb first */
	int (*run)(struct tool *tool, struct error *error);
	uint64_t options; /* the OPTION_BITs of its options */
	int min;	  /* the least number of operands, the table included */
	int max;	  /* the greatest; -1: no limit */
	unsigned needs;	  /* NEED_* */
};

/* What a command is given. main makes it, and frees what it holds afterwards.
 */
struct tool {
	const struct command *commands; /* all of them, in the manual's order;
					   the last has the name NULL */
	const struct command *command;	/* the one that runs */
	struct options options;
	char **operands; /* without the table's name of NEED_TABLE */
	int operand_count;
	bool quiet;	       /* -q */
	enum rule_table table; /* of NEED_TABLE */
	char line[256]; /* the command as typed, for the map's metadata; cut */
	struct config *config; /* these three: NULL unless needed */
	struct state *state;
	struct map *map;
};

/* Prints a message on standard error, but not with -q: what happened, what to
 * do next. Adds the newline, escapes control bytes, and cuts the text to less
 * than ERROR_TEXT_MAX bytes. */
void tool_say(const struct tool *tool, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Opens tool->state by state_open(), whose errors it returns. A state that is
 * open is closed first, and so its lock is released. */
int tool_open_state(
	struct tool *tool, bool create, struct error *error) MUST_CHECK;

/* Opens tool->map, the map that the options name, and prints its generation on
 * standard error. Returns 0; ERR_USAGE if --served and --generation are both
 * given; ERR_NOENT if the map is not there, or --served is given and the milter
 * has served none; or another error of state_served(), state_open_generation()
 * or state_open_newest(). */
int tool_open_map(struct tool *tool, struct error *error) MUST_CHECK;

/* Makes keys (lower-case A-labels) of count domains that an option was given,
 * an
 * "@" in front of them is dropped. Sets *keys, which the caller must free().
 * table is the one whose sources they are compared with. Returns 0; ERR_USAGE
 * with a text that names the option; ERR_NOMEM. */
int tool_domain_keys(enum rule_table table, const char *option,
	const char *const *domains, size_t count, struct bytes **keys,
	struct error *error) MUST_CHECK;

/* Returns code. If an edit failed for want of disk or memory, adds to the text
 * that nothing was changed, so that nobody has to look. */
int tool_edit_failed(int code, struct error *error);

/* Returns ERR_IO with the text for a write to standard output that failed for
 * the reason in errno, where 0 stands for EIO. */
int tool_output_failed(struct error *error);

#endif

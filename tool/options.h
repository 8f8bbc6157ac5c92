/*
 * options: the one table of the commands' options, with types and bounds, and
 * the usage text made from it.
 */
#ifndef READDRESS_TOOL_OPTIONS_H
#define READDRESS_TOOL_OPTIONS_H

#include <stdint.h>
#include <stdio.h>

#include "csv/csvstart.h"
#include "update/change.h"

enum option_id {
	OPTION_MERGE,
	OPTION_ONLY,
	OPTION_DRY_RUN,
	OPTION_MAX_DELETE,
	OPTION_FORCE,
	OPTION_REPLACE,
	OPTION_RELOAD,
	OPTION_DELIMITER,
	OPTION_COLUMNS,
	OPTION_ALLOW_UTF8,
	OPTION_GENERATION,
	OPTION_SERVED,
	OPTION_VERBOSE,
	OPTION_TIMEOUT,
	OPTION_SENDER,
	OPTION_RECIPIENT,
	OPTION_EXPLAIN,
	OPTION_MBOX,
	OPTION_CLIENT,
	OPTION_DAEMON,
	OPTION_AUTH,
	OPTION_FIRST,
	OPTION_PREFER,
	OPTION_JSON,
	OPTIONS /* how many */
};

#define OPTION_BIT(name) (1u << OPTION_##name)

#define OPTIONS_RELOAD_SECONDS 10
#define OPTIONS_MAX_DELETE     50

struct options {
	bool help;
	bool merge;
	enum change_scope only;
	bool dry_run;
	unsigned max_delete;   /* percent */
	bool max_delete_given; /* then of small tables, too */
	bool force;
	bool replace;
	bool reload;
	char delimiter; /* of CSV */
	bool delimiter_given;
	struct csvstart_columns columns; /* of --columns; point into text */
	char *columns_text;
	bool allow_utf8;
	uint64_t generation; /* 0: not given */
	bool served;
	bool verbose;
	unsigned timeout;	 /* seconds */
	const char *sender;	 /* NULL: not given */
	const char **recipients; /* room for argc; free() it */
	size_t recipient_count;
	bool explain;
	const char *mbox;   /* NULL: not given */
	const char *client; /* NULL: not given */
	const char *daemon; /* NULL: not given */
	bool auth;
	bool first;
	const char **prefer; /* domains; room for argc; free() it */
	size_t prefer_count;
	bool json; /* also when it stood in front of the command */
};

/*
 * Reads the options of a command from argv, whose first item is the command's
 * name, and moves the operands to its end; *first is the index of the first of
 * them. allowed: OPTION_BIT of those that the command takes.
 * Returns 0; ERR_USAGE with the reason; ERR_NOMEM. options->recipients and
 * options->prefer are to be freed in any case.
 */
int options_parse(struct options *options, unsigned allowed, int argc,
	char **argv, int *first, struct error *error) MUST_CHECK;

/* True if word is an option of a command, --generation=1 and --gen, too. */
bool options_is_known(const char *word);

/* The number of a generation, as an operand. 0; or ERR_USAGE with the reason.
 */
int options_generation(
	const char *text, uint64_t *generation, struct error *error) MUST_CHECK;

/* Prints each of these options in brackets, for a usage line that has begun and
 * is column characters long, with line breaks. Returns the new column. */
int options_usage(FILE *file, unsigned allowed, int column);

/* Prints a word behind what is on the usage line, on a new line if need be. */
int options_usage_word(FILE *file, const char *word, int column);

/* Prints each of these options with what it does for this command, a line
 * each. */
void options_help(FILE *file, unsigned allowed, const char *command);

#endif

/*
 * options: the options of all commands, read from one table with their types
 * and limits; usage and help texts are made from the same table.
 * Tested by tests/e2e/tool.test.
 */
#ifndef READDRESS_TOOL_OPTIONS_H
#define READDRESS_TOOL_OPTIONS_H

#include <stdint.h>
#include <stdio.h>

#include "convert/format.h"
#include "csv/csvstart.h"
#include "update/change.h"

enum option_id {
	OPTION_MERGE,
	OPTION_ONLY,
	OPTION_DOMAIN,
	OPTION_DRY_RUN,
	OPTION_MAX_DELETE,
	OPTION_FORCE,
	OPTION_REPLACE,
	OPTION_RELOAD,
	OPTION_NOTE,
	OPTION_DELIMITER,
	OPTION_FROM,
	OPTION_COLUMNS,
	OPTION_OUTBOUND,
	OPTION_IMCEAEX,
	OPTION_ALLOW_UTF8,
	OPTION_GENERATION,
	OPTION_SERVED,
	OPTION_VERBOSE,
	OPTION_REVERSE,
	OPTION_TIMEOUT,
	OPTION_POSTFIX,
	OPTION_MAP,
	OPTION_EXPECT,
	OPTION_DIGEST,
	OPTION_AT,
	OPTION_CANCEL,
	OPTION_NEWEST,
	OPTION_TABLE,
	OPTION_SINCE,
	OPTION_LOG,
	OPTION_JOURNAL,
	OPTION_SENDER,
	OPTION_RECIPIENT,
	OPTION_EXPLAIN,
	OPTION_MBOX,
	OPTION_CLIENT,
	OPTION_DAEMON,
	OPTION_AUTH,
	OPTION_FIRST,
	OPTION_PREFER,
	OPTION_CONFIG_DIR,
	OPTION_ASK_ALL,
	OPTION_SERVER,
	OPTION_HOST,
	OPTION_ADDRESS,
	OPTION_AUTO,
	OPTION_VIA,
	OPTION_RATE,
	OPTION_AGAINST,
	OPTION_FILES,
	OPTION_APPLY,
	OPTION_REMOVE,
	OPTION_UNUSED,
	OPTION_UNRULED,
	OPTION_LEAKS,
	OPTION_TOP,
	OPTION_WITH,
	OPTION_HTML,
	OPTION_JSON,
	OPTIONS /* the number of options */
};

#define OPTION_BIT(name) (UINT64_C(1) << OPTION_##name)

/* When output is coloured. */
enum options_color {
	OPTIONS_COLOR_UNSET, /* the option was not given */
	OPTIONS_COLOR_AUTO,
	OPTIONS_COLOR_ALWAYS,
	OPTIONS_COLOR_NEVER,
};

#define OPTIONS_RELOAD_SECONDS 10
#define OPTIONS_MAX_DELETE     50

struct options {
	bool help;
	enum options_color color; /* of every command */
	bool merge;
	enum change_scope only;
	const char **domains; /* of --domain, room for argc */
	size_t domain_count;
	bool dry_run;
	unsigned max_delete;   /* percent */
	bool max_delete_given; /* the limit holds for small tables, too */
	bool force;
	bool replace;
	bool reload;
	const char *note; /* for the audit log; NULL: not given */
	char delimiter;	  /* between the fields of CSV */
	bool delimiter_given;
	struct csvstart_columns columns; /* point into columns_text; target is
					    NULL if one name is enough */
	bool one_column;    /* --columns may name one column alone */
	char *columns_text; /* the memory of columns */
	enum format from;   /* FORMAT_FOUND: not given */
	bool outbound;
	bool imceaex;
	bool allow_utf8;
	uint64_t generation; /* 0: not given */
	bool served;
	bool verbose;
	unsigned timeout; /* seconds */
	bool postfix;
	const char *map;    /* a file; NULL: not given */
	const char *digest; /* a part of a digest; NULL: not given */
	const char *at;	    /* a time; NULL: not given */
	bool cancel;
	bool newest;
	const char *expect; /* a part of a digest; NULL: not given */
	bool reverse;
	bool table_given;
	enum rule_table table; /* of --table */
	int64_t since;	       /* seconds since 1970; INT64_MIN: not given */
	const char *log;       /* a file; NULL: not given */
	bool journal;
	const char *sender;	 /* NULL: not given */
	const char **recipients; /* of -r, room for argc */
	size_t recipient_count;
	bool explain;
	const char *mbox;   /* NULL: not given */
	const char *client; /* NULL: not given */
	const char *daemon; /* NULL: not given */
	bool auth;
	bool first;
	const char **prefer; /* domains, room for argc */
	size_t prefer_count;
	const char *config_dir; /* of Postfix; NULL: not given */
	bool ask_all;
	const char *server; /* of the DNS; NULL: not given */
	const char **hosts; /* room for argc */
	size_t host_count;
	const char **addresses; /* room for argc */
	size_t address_count;
	bool autos;	     /* --auto */
	const char *via;     /* "HOST:PORT"; NULL: not given */
	unsigned rate;	     /* per second; 0: not given */
	const char *against; /* a file; NULL: not given */
	const char *files;   /* a directory; NULL: not given */
	bool apply;
	bool remove;
	bool unused;
	bool unruled;
	bool leaks;
	uint64_t top;	   /* 0: not given */
	const char **with; /* files, room for argc */
	size_t with_count;
	const char *html; /* a file; NULL: not given */
	bool json; /* --json before or after the command's name */
};

/*
 * Reads the options of a command from argv, whose first item is the command's
 * name, and moves the operands to the end of argv; *first is the index of the
 * first operand. allowed holds the OPTION_BITs of the command's options.
 * Returns 0, ERR_USAGE or ERR_NOMEM, with the reason in *error. The caller
 * calls options_free(), after an error too.
 */
int options_parse(struct options *options, uint64_t allowed, int argc,
	char **argv, int *first, struct error *error) MUST_CHECK;

/* Frees what options_parse() allocated. */
void options_free(struct options *options);

/* True if word is an option of a command: "-v", "--generation", also
 * abbreviated ("--gen") or with its value ("--generation=1"). */
bool options_is_known(const char *word);

/* Reads the value of --color: auto, always or never. Returns 0, or ERR_USAGE
 * with the reason. */
int options_color(const char *text, enum options_color *color,
	struct error *error) MUST_CHECK;

/* Reads an operand that is the number of a generation. Returns 0, or ERR_USAGE
 * with the reason. */
int options_generation(
	const char *text, uint64_t *generation, struct error *error) MUST_CHECK;

/* Prints the allowed options in brackets, with line breaks, after the usage
 * line's first column characters. Returns the new column. */
int options_usage(FILE *file, uint64_t allowed, int column);

/* Adds a word to the usage line, on a new line if it is too long for this one.
 * Returns the new column. */
int options_usage_word(FILE *file, const char *word, int column);

/* Prints a line for each allowed option: what it does for this command. */
void options_help(FILE *file, uint64_t allowed, const char *command);

#endif

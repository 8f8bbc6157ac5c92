/*
 * main: the program `readdress`, which keeps the rules: the options before the
 * command, the table of commands, and what each command needs before it runs.
 * The commands are in command/. Tested by tests/e2e/tool.test.
 */
#include "help.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/precis.h"
#include "command/command.h"
#include "milter.h"
#include "print/terminal.h"

#define MAP_OPTIONS (OPTION_BIT(GENERATION) | OPTION_BIT(SERVED))

static const struct command commands[] = {
	{ .name = "init",
		.operands = "",
		.does = "makes a first, empty map",
		.run = command_init,
		.options = OPTION_BIT(NOTE) | OPTION_BIT(JSON),
		.needs = NEED_CONFIG },
	{ .name = "load",
		.operands = "TABLE FILE",
		.does = "replaces a table with the rows of a CSV file (- is "
			"standard input)",
		.run = command_load,
		.options = OPTION_BIT(MERGE) | OPTION_BIT(ONLY) |
			   OPTION_BIT(DOMAIN) | OPTION_BIT(DRY_RUN) |
			   OPTION_BIT(MAX_DELETE) | OPTION_BIT(FORCE) |
			   OPTION_BIT(RELOAD) | OPTION_BIT(NEWEST) |
			   OPTION_BIT(NOTE) | OPTION_BIT(DELIMITER) |
			   OPTION_BIT(COLUMNS) | OPTION_BIT(ALLOW_UTF8) |
			   OPTION_BIT(JSON),
		.min = 2,
		.max = 2,
		.needs = NEED_CONFIG | NEED_TABLE },
	{ .name = "convert",
		.operands = "FILE",
		.does = "prints rules made from what a directory exports",
		.run = command_convert,
		.options = OPTION_BIT(FROM) | OPTION_BIT(COLUMNS) |
			   OPTION_BIT(DOMAIN) | OPTION_BIT(OUTBOUND) |
			   OPTION_BIT(IMCEAEX) | OPTION_BIT(ALLOW_UTF8) |
			   OPTION_BIT(JSON),
		.min = 1,
		.max = 1 },
	{ .name = "adopt",
		.operands = "FILE",
		.does = "takes over all tables of a map that another host made",
		.run = command_adopt,
		.options = OPTION_BIT(DRY_RUN) | OPTION_BIT(MAX_DELETE) |
			   OPTION_BIT(FORCE) | OPTION_BIT(RELOAD) |
			   OPTION_BIT(NEWEST) | OPTION_BIT(NOTE) |
			   OPTION_BIT(JSON),
		.min = 1,
		.max = 1,
		.needs = NEED_CONFIG },
	{ .name = "export",
		.operands = "TABLE",
		.does = "prints a table as CSV, sorted by source",
		.run = command_export,
		.options = OPTION_BIT(MAP) | OPTION_BIT(ONLY) |
			   OPTION_BIT(DELIMITER) | OPTION_BIT(JSON) |
			   MAP_OPTIONS,
		.min = 1,
		.max = 1,
		.needs = NEED_CONFIG | NEED_TABLE | NEED_STATE | NEED_MAP },
	{ .name = "add",
		.operands = "TABLE SOURCE TARGET",
		.does = "adds one rule",
		.run = command_add,
		.options = OPTION_BIT(REPLACE) | OPTION_BIT(RELOAD) |
			   OPTION_BIT(NEWEST) | OPTION_BIT(NOTE) |
			   OPTION_BIT(ALLOW_UTF8) | OPTION_BIT(JSON),
		.min = 3,
		.max = 3,
		.needs = NEED_CONFIG | NEED_TABLE },
	{ .name = "delete",
		.operands = "TABLE SOURCE...",
		.does = "deletes the rules with these sources, all or none (- "
			"reads them)",
		.run = command_delete,
		.options = OPTION_BIT(RELOAD) | OPTION_BIT(NEWEST) |
			   OPTION_BIT(NOTE) | OPTION_BIT(JSON),
		.min = 2,
		.max = -1,
		.needs = NEED_CONFIG | NEED_TABLE },
	{ .name = "list",
		.operands = "TABLE [PATTERN]",
		.does = "prints the rules whose source matches a shell pattern",
		.run = command_list,
		.options = OPTION_BIT(JSON) | MAP_OPTIONS,
		.min = 1,
		.max = 2,
		.needs = NEED_CONFIG | NEED_TABLE | NEED_STATE | NEED_MAP },
	{ .name = "lookup",
		.operands = "TABLE ADDRESS...",
		.does = "prints what addresses become (- reads one per line)",
		.run = command_lookup,
		.options = OPTION_BIT(REVERSE) | OPTION_BIT(VERBOSE) |
			   OPTION_BIT(JSON) | MAP_OPTIONS,
		.min = 2,
		.max = -1,
		.needs = NEED_CONFIG | NEED_TABLE | NEED_STATE | NEED_MAP },
	{ .name = "check",
		.operands = "",
		.does = "finds doubtful rules",
		.run = command_check,
		.options = OPTION_BIT(VERBOSE) | OPTION_BIT(JSON) | MAP_OPTIONS,
		.needs = NEED_CONFIG | NEED_STATE | NEED_MAP },
	{ .name = "invert",
		.operands = "TABLE",
		.does = "prints the CSV of the other table, made from this one",
		.run = command_invert,
		.options = OPTION_BIT(PREFER) | OPTION_BIT(FIRST) |
			   OPTION_BIT(DELIMITER) | OPTION_BIT(JSON) |
			   MAP_OPTIONS,
		.min = 1,
		.max = 1,
		.needs = NEED_CONFIG | NEED_TABLE | NEED_STATE | NEED_MAP },
	{ .name = "rewrite",
		.operands = "[DIRECTION] [RCPT...]",
		.does = "prints what the milter would make of a message",
		.run = command_rewrite,
		.options = OPTION_BIT(SENDER) | OPTION_BIT(RECIPIENT) |
			   OPTION_BIT(CLIENT) | OPTION_BIT(DAEMON) |
			   OPTION_BIT(AUTH) | OPTION_BIT(EXPLAIN) |
			   OPTION_BIT(MBOX) | OPTION_BIT(JSON) | MAP_OPTIONS,
		.max = -1,
		.needs = NEED_CONFIG },
	{ .name = "diff",
		.operands = "[OLD [NEW]]",
		.does = "prints the rules that differ between two generations",
		.run = command_diff,
		.options = OPTION_BIT(JSON),
		.max = 2,
		.needs = NEED_CONFIG | NEED_STATE },
	{ .name = "reload",
		.operands = "",
		.does = "has the milter serve the newest generation, or an "
			"approved one",
		.run = command_reload,
		.options = OPTION_BIT(GENERATION) | OPTION_BIT(DIGEST) |
			   OPTION_BIT(AT) | OPTION_BIT(CANCEL) |
			   OPTION_BIT(NEWEST) | OPTION_BIT(TIMEOUT) |
			   OPTION_BIT(POSTFIX) | OPTION_BIT(JSON),
		.needs = NEED_CONFIG | NEED_STATE },
	{ .name = "status",
		.operands = "",
		.does = "prints whether the milter is up, and what it serves",
		.run = command_status,
		.options = OPTION_BIT(EXPECT) | OPTION_BIT(JSON),
		.needs = NEED_CONFIG | NEED_STATE },
	{ .name = "doctor",
		.operands = "",
		.does = "finds what is wrong in Postfix around readdress",
		.run = command_doctor,
		.options = OPTION_BIT(CONFIG_DIR) | OPTION_BIT(ASK_ALL) |
			   OPTION_BIT(JSON),
		.needs = NEED_CONFIG },
	{ .name = "dns",
		.operands = "[DOMAIN...]",
		.does = "finds what is wrong in the DNS of the domains",
		.run = command_dns,
		.options = OPTION_BIT(SERVER) | OPTION_BIT(HOST) |
			   OPTION_BIT(ADDRESS) | OPTION_BIT(AUTO) |
			   OPTION_BIT(JSON),
		.max = -1,
		.needs = NEED_CONFIG },
	{ .name = "probe",
		.operands = "TABLE",
		.does = "asks, by Postfix, whether the targets of rules exist",
		.run = command_probe,
		.options = OPTION_BIT(VIA) | OPTION_BIT(RATE) |
			   OPTION_BIT(AGAINST) | OPTION_BIT(COLUMNS) |
			   OPTION_BIT(JSON) | MAP_OPTIONS,
		.min = 1,
		.max = 1,
		.needs = NEED_CONFIG | NEED_TABLE | NEED_STATE | NEED_MAP },
	{ .name = "postfix",
		.operands = "",
		.does = "prints the commands that Postfix still needs, or runs "
			"them",
		.run = command_postfix,
		.options = OPTION_BIT(CONFIG_DIR) | OPTION_BIT(FILES) |
			   OPTION_BIT(APPLY) | OPTION_BIT(REMOVE) |
			   OPTION_BIT(FORCE) | OPTION_BIT(DRY_RUN) |
			   OPTION_BIT(JSON),
		.needs = NEED_CONFIG },
	{ .name = "requeue",
		.operands = "",
		.does = "prints what sends queued mail where the rules lead "
			"now",
		.run = command_requeue,
		.options = OPTION_BIT(CONFIG_DIR) | OPTION_BIT(JSON),
		.needs = NEED_CONFIG | NEED_STATE },
	{ .name = "history",
		.operands = "",
		.does = "prints the generations that are kept",
		.run = command_history,
		.options = OPTION_BIT(JSON),
		.needs = NEED_CONFIG | NEED_STATE },
	{ .name = "rollback",
		.operands = "[N]",
		.does = "makes a new generation from earlier rules",
		.run = command_rollback,
		.options = OPTION_BIT(RELOAD) | OPTION_BIT(NEWEST) |
			   OPTION_BIT(NOTE) | OPTION_BIT(JSON),
		.max = 1,
		.needs = NEED_CONFIG | NEED_STATE },
	{ .name = "log",
		.operands = "",
		.does = "prints who changed what, and every reload",
		.run = command_log,
		.options = OPTION_BIT(TABLE) | OPTION_BIT(SINCE) |
			   OPTION_BIT(JSON),
		.needs = NEED_CONFIG | NEED_STATE },
	{ .name = "trace",
		.operands = "QUEUEID|ADDRESS|MESSAGE-ID",
		.does = "tells what happened to a message, from the mail log",
		.run = command_trace,
		.options = OPTION_BIT(LOG) | OPTION_BIT(JOURNAL) |
			   OPTION_BIT(SINCE) | OPTION_BIT(JSON),
		.min = 1,
		.max = 1 },
	{ .name = "report",
		.operands = "",
		.does = "tells which rules are used, and what leaks",
		.run = command_report,
		.options = OPTION_BIT(SINCE) | OPTION_BIT(UNUSED) |
			   OPTION_BIT(UNRULED) | OPTION_BIT(LEAKS) |
			   OPTION_BIT(TOP) | OPTION_BIT(WITH) |
			   OPTION_BIT(HTML) | OPTION_BIT(GENERATION) | OPTION_BIT(SERVED) |
			   OPTION_BIT(JSON),
		.max = -1,
		.needs = NEED_CONFIG | NEED_STATE },
	{ .name = "purge",
		.operands = "",
		.does = "deletes the map, the history and the audit log",
		.run = command_purge,
		.options = OPTION_BIT(FORCE) | OPTION_BIT(JSON),
		.needs = NEED_CONFIG | NEED_STATE },
	{ .name = "sample",
		.operands = "[TABLE]",
		.does = "prints a CSV to start from",
		.run = command_sample,
		.options = OPTION_BIT(JSON),
		.max = 1 },
	{ .name = "help",
		.operands = "[COMMAND]",
		.does = "prints the commands, or how to use one",
		.run = command_help,
		.max = 1 },
	{ .name = NULL },
};

/* Keeps the command as it was typed, for the map's metadata. A character that
 * nobody can see, a line feed for example, becomes U+000A. */
static void note_line(struct tool *tool, int argc, char **argv)
{
	char raw[sizeof tool->line];
	size_t used = 0;

	for (int i = 0; i < argc && used + 1 < sizeof tool->line; i++) {
		int wrote =
			snprintf(tool->line + used, sizeof tool->line - used,
				"%s%s", i ? " " : "", argv[i]);

		if (wrote < 0 || (size_t)wrote >= sizeof tool->line - used)
			break;
		used += (size_t)wrote;
	}
	(void)snprintf(raw, sizeof raw, "%s", tool->line);
	(void)precis_show_text(bytes_of(raw), tool->line, sizeof tool->line);
}

static int take_operands(
	struct tool *tool, int count, char **operands, struct error *error)
{
	const struct command *command = tool->command;

	/* --map stands in place of a table. */
	if (tool->options.map && !count) {
		tool->operands = operands;
		return 0;
	}
	if (tool->options.map)
		return error_set(error, ERR_USAGE,
			"unexpected operand \"%s\": --map writes all tables",
			operands[0]);
	if (count < command->min)
		return error_set(error, ERR_USAGE,
			"missing operand: expected %s", command->operands);
	if (command->max >= 0 && count > command->max)
		return error_set(error, ERR_USAGE,
			"unexpected operand \"%s\": %s takes %s",
			operands[command->max], command->name,
			*command->operands ? command->operands : "none");
	if (command->needs & NEED_TABLE) {
		int table = rule_table_find(operands[0]);

		if (table < 0)
			return error_set(error, ERR_USAGE,
				"unknown table \"%s\"; expected inbound, "
				"outbound or routes",
				operands[0]);
		tool->table = (enum rule_table)table;
		operands++;
		count--;
	}
	tool->operands = operands;
	tool->operand_count = count;
	return 0;
}

static int prepare(struct tool *tool, const char *config, struct error *error)
{
	unsigned needs = tool->command->needs;
	int code = 0;

	if (needs & NEED_CONFIG)
		code = config_open(&tool->config, config, error);
	if (!code && tool->command->options & OPTION_BIT(RELOAD))
		code = milter_may_go_live(tool, error);
	if (!code && needs & NEED_STATE)
		code = tool_open_state(tool, false, error);
	if (!code && needs & NEED_MAP)
		code = tool_open_map(tool, error);
	return code;
}

/* The options before the command. */
struct globals {
	const char *config;
	bool quiet;
	bool json;
	enum options_color color;
};

/* Takes a --json before the command, which means the same as one after it. */
static int take_json(struct tool *tool, struct error *error)
{
	if (!(tool->command->options & OPTION_BIT(JSON)))
		return error_set(error, ERR_USAGE, "%s has no option --json",
			tool->command->name);
	tool->options.json = true;
	return 0;
}

static bool owns_state(const struct tool *tool)
{
	struct stat status;

	return stat(tool->config->state_dir, &status) == 0 &&
	       status.st_uid == geteuid();
}

/* Prints the error, and what to do about it if its text does not say so. */
static void print_error(
	const struct tool *tool, int code, const struct error *error)
{
	(void)fprintf(stderr, "readdress: %s\n", error->text);
	if (code == ERR_CONFIG && !tool->config && error->number == ENOENT)
		(void)fputs("readdress: use -c CONF before the command to read "
			    "another configuration; see readdress.conf(5)\n",
			stderr);
	else if (code != ERR_PERM || !tool->config)
		return;
	else if (error->number == EROFS)
		(void)fputs("readdress: make the file system writable, then "
			    "run this command again\n",
			stderr);
	else if (error->hint == ERROR_HINT_STATE_DIR)
		(void)fprintf(stderr,
			owns_state(tool)
				? "readdress: this user owns %s; check "
				  "the modes of the files in it with "
				  "`ls -lR`\n"
				: "readdress: run this command as root, "
				  "or as the user who owns %s\n",
			tool->config->state_dir);
	else if (error->number == EACCES)
		(void)fputs("readdress: run this command as root, or as a user "
			    "who may read that file\n",
			stderr);
}

static int run_command(const struct globals *globals, int argc, char **argv)
{
	struct tool tool = { .commands = commands, .quiet = globals->quiet };
	struct error error = { .text = "" };
	int first = 0;
	int code = 0;

	tool.command = help_find(commands, argv[0], &error);
	if (!tool.command) {
		code = ERR_USAGE;
	} else {
		note_line(&tool, argc, argv);
		code = options_parse(&tool.options, tool.command->options, argc,
			argv, &first, &error);
		terminal_init(tool.options.color ? tool.options.color
						 : globals->color);
		if (!code && tool.options.help) {
			help_command(stdout, tool.command);
		} else {
			if (!code && globals->json)
				code = take_json(&tool, &error);
			if (!code)
				code = take_operands(&tool, argc - first,
					argv + first, &error);
			if (!code)
				code = prepare(&tool, globals->config, &error);
			if (!code)
				code = tool.command->run(&tool, &error);
		}
	}
	errno = 0;
	/* A "no" that could not be written is a failure, too. */
	if ((fflush(stdout) || ferror(stdout)) && (code >= 0 || !error.text[0]))
		code = tool_output_failed(&error);
	if (code < 0 && error.text[0])
		print_error(&tool, code, &error);
	if (code == ERR_USAGE && tool.command)
		help_usage(stderr, tool.command);
	map_close(tool.map);
	state_close(tool.state);
	config_close(tool.config);
	options_free(&tool.options);
	return error_exit_code(code);
}

/* Occupies the standard descriptors that the caller closed. Otherwise the map
 * could be opened as one of them, and a message on standard error would be
 * written into it. Reading and writing on them fails. */
static void occupy_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
			open("/dev/null",
				fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(error_exit_code(ERR_IO));
	}
}

static int print_hint(const struct error *error)
{
	(void)fprintf(stderr, "readdress: %s\n", error->text);
	(void)fputs("readdress: try `readdress --help`\n", stderr);
	return error_exit_code(ERR_USAGE);
}

/* Prints what is wrong with an option that getopt_long() refused. */
static int refuse_global(int found, char **argv)
{
	const char letter[] = { '-', (char)optopt, '\0' };
	const char *word = argv[optind - 1];
	bool is_long = !strncmp(word, "--", 2);
	struct error error;

	if (!is_long && optopt > 0 && optopt <= UCHAR_MAX)
		word = letter;
	if (found == ':')
		(void)error_set(&error, 0, "%s needs a value", word);
	else if (is_long && optopt)
		(void)error_set(&error, 0, "%.*s takes no value",
			(int)strcspn(word, "="), word);
	else if (options_is_known(word))
		(void)error_set(&error, 0,
			"%.*s is an option of a command; put it after the "
			"command: `readdress COMMAND %s`",
			(int)strcspn(word, "="), word, word);
	else
		(void)error_set(&error, 0,
			"found \"%s\" before the command; expected -c CONF, "
			"-q, --json, --color, --help or --version",
			word);
	return print_hint(&error);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "color", required_argument, NULL, 'C' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct globals globals = { .config = READDRESS_CONF };
	char help[] = "help";
	char *help_argv[] = { help, NULL };
	struct error error;
	int found;

	occupy_standard_files();
	(void)signal(SIGPIPE, SIG_IGN);
	opterr = 0;
	while ((found = getopt_long(argc, argv, "+:c:qh", longs, NULL)) != -1) {
		switch (found) {
		case 'c':
			globals.config = optarg;
			break;
		case 'q':
			globals.quiet = true;
			break;
		case 'j':
			globals.json = true;
			break;
		case 'C':
			if (options_color(optarg, &globals.color, &error))
				return print_hint(&error);
			break;
		case 'h':
			return run_command(&globals, 1, help_argv);
		case 'V':
			(void)puts("readdress " READDRESS_VERSION);
			return fflush(stdout) ? error_exit_code(ERR_IO) : 0;
		default:
			return refuse_global(found, argv);
		}
	}
	if (optind >= argc) {
		help_all(stderr, commands);
		return error_exit_code(ERR_USAGE);
	}
	return run_command(&globals, argc - optind, argv + optind);
}

/*
 * load: the command that makes a table the rows of a CSV file. Tested by
 * tests/e2e/tool.test.
 */
#include "command/command.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "command/edit.h"
#include "csv/csvfile.h"

/* In bytes, for some 20,000,000 rows. A larger file is refused, so that the
 * machine does not begin to swap. */
#define LOAD_ARENA_MAX ((size_t)2 << 30)

struct job {
	struct edit edit;
	uint64_t size;	       /* of the file, in bytes; 0: not known */
	struct bytes *domains; /* of --domain, as keys */
	char refusal[256];     /* of a row in another domain */
};

static void show_reading(void *context, uint64_t done, uint64_t rows)
{
	struct job *job = context;

	progress_show(&job->edit.progress, done, job->size, rows);
}

static void complain(void *context, const char *line)
{
	struct job *job = context;

	progress_end(&job->edit.progress);
	(void)fprintf(stderr, "%s\n", line);
}

static int no_input(const char *path, struct error *error)
{
	int code = error_set_errno(error, "%s", path);

	if (code != ERR_NOENT)
		return code;
	return error_set(error, code,
		"%s: No such file; use - for standard input, or start from the "
		"output of `readdress sample`",
		path);
}

static int open_input(
	struct job *job, const char *path, FILE **file, struct error *error)
{
	struct stat info;

	*file = strcmp(path, "-") != 0 ? fopen(path, "re") : stdin;
	if (!*file)
		return no_input(path, error);
	if (!fstat(fileno(*file), &info)) {
		if (S_ISDIR(info.st_mode))
			return error_set(error, ERR_NOENT,
				"%s: found a directory, expected a CSV file",
				path);
		if (S_ISREG(info.st_mode) && info.st_size > 0)
			job->size = (uint64_t)info.st_size;
	}
	return 0;
}

static void say(void *context, const char *line)
{
	struct job *job = context;

	tool_say(job->edit.tool, "%s", line);
}

static const char *input_name(const char *path)
{
	return strcmp(path, "-") != 0 ? path : "standard input";
}

/* Refuses a rule of the other kind with --only, and one of another domain with
 * --domain. */
static const char *refuse_row(void *context, const struct rule *rule)
{
	struct job *job = context;
	const struct options *options = &job->edit.tool->options;
	struct bytes domain = rule_key_domain(rule->key);

	if (!change_in_scope(options->only, rule->key))
		return options->only == CHANGE_USERS
			       ? "found a domain rule; with --only users the "
				 "file may hold only user rules"
			       : "found a user rule; with --only domains the "
				 "file may hold only domain rules";
	if (change_in_domains(job->domains, options->domain_count, rule->key))
		return NULL;
	(void)snprintf(job->refusal, sizeof job->refusal,
		"found a source in the domain %.*s; with --domain the file may "
		"hold only rules of the domains that are given",
		domain.len > 100 ? 100 : (int)domain.len, domain.data);
	return job->refusal;
}

static int read_rows(struct job *job, const char *path, struct arena *arena,
	struct rows *rows, struct error *error)
{
	const struct tool *tool = job->edit.tool;
	const char *name = input_name(path);
	struct csvfile_options options = {
		.table = tool->table,
		.delimiter = tool->options.delimiter_given
				     ? tool->options.delimiter
				     : '\0',
		.columns = tool->options.columns,
		.say = say,
		.allow_utf8 = tool->options.allow_utf8,
		.name = name,
		.refuse = refuse_row,
		.complain = complain,
		.progress = show_reading,
		.context = job,
	};
	FILE *file = NULL;
	int code = open_input(job, path, &file, error);

	if (!code) {
		progress_begin(&job->edit.progress, name);
		code = csvfile_read(file, &options, arena, rows, error);
		progress_end(&job->edit.progress);
	}
	if (file && file != stdin)
		(void)fclose(file);
	return code;
}

static int check_load(const struct tool *tool, struct error *error)
{
	const struct options *options = &tool->options;

	if (options->merge && options->only != CHANGE_ALL)
		return error_set(error, ERR_USAGE,
			"found --merge and --only, which cannot be used "
			"together; leave out --only, as --merge deletes "
			"nothing");
	if (options->merge && options->domain_count)
		return error_set(error, ERR_USAGE,
			"found --merge and --domain, which cannot be used "
			"together; leave out --domain, as --merge deletes "
			"nothing");
	if (options->dry_run && options->reload)
		return error_set(error, ERR_USAGE,
			"found --dry-run and --reload, which cannot be used "
			"together; a dry run makes nothing to reload");
	return 0;
}

int command_load(struct tool *tool, struct error *error)
{
	const struct options *options = &tool->options;
	struct job job = { .edit.tool = tool };
	struct rows rows = { .rows = NULL };
	struct arena *arena = NULL;
	struct change change = {
		.mode = options->merge ? CHANGE_MERGE : CHANGE_REPLACE,
		.scope = options->only,
		.input = input_name(tool->operands[0]),
		.dry_run = options->dry_run,
		.force = options->force,
		.max_delete = options->max_delete,
		.max_delete_always = options->max_delete_given,
	};
	int code = check_load(tool, error);

	if (code)
		return code;
	code = tool_domain_keys(tool->table, "--domain", options->domains,
		options->domain_count, &job.domains, error);
	if (code)
		return code;
	change.domains = job.domains;
	change.domain_count = options->domain_count;
	progress_init(&job.edit.progress, tool->quiet);
	arena = arena_open(LOAD_ARENA_MAX);
	if (!arena) {
		code = error_set(error, ERR_NOMEM, "out of memory");
		goto out;
	}
	code = read_rows(&job, tool->operands[0], arena, &rows, error);
	if (code)
		goto out;
	change.rows = rows.rows;
	change.count = rows.count;
	code = edit_apply(&job.edit, &change, rows.repeated, error);
out:
	free(rows.rows);
	free(job.domains);
	arena_close(arena);
	return code;
}

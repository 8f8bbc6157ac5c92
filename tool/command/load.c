/*
 * load: the commands that change a table: init, load, add, delete. Tested by
 * tests/e2e/tool.test.
 */
#include "command/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "print/change.h"
#include "csv/csvfile.h"
#include "print/progress.h"
#include "rules/rulesource.h"
#include "rules/ruletarget.h"
#include "milter.h"

/* In bytes, for some 20,000,000 rows. A larger file is refused, so that the
 * machine does not begin to swap. */
#define LOAD_ARENA_MAX	((size_t)2 << 30)
#define SMALL_ARENA_MAX ((size_t)64 << 20)

struct job {
	struct tool *tool;
	struct changes changes;
	struct progress progress;
	uint64_t size; /* of the file, in bytes; 0: not known */
};

int command_init(struct tool *tool, struct error *error)
{
	uint64_t generation = 0;
	int code = tool_open_state(tool, true, error);

	if (!code)
		code = update_init(tool->state, tool->line, &generation, error);
	if (code)
		return code;
	if (tool->options.json) {
		struct json json;

		json_begin(&json);
		json_put_generation(&json, "generation", generation);
		return json_end(&json, error);
	}
	(void)printf("generation %" PRIu64 "\n", generation);
	return 0;
}

static void print_change(void *context, enum change_kind kind, struct bytes key,
	struct bytes old_value, struct bytes new_value)
{
	struct job *job = context;

	change_print(&job->changes, kind, key, old_value, new_value);
}

static void show_reading(void *context, uint64_t done, uint64_t rows)
{
	struct job *job = context;

	progress_show(&job->progress, done, job->size, rows);
}

static void show_building(void *context, uint64_t rows, uint64_t of)
{
	struct job *job = context;

	progress_show(&job->progress, rows, of, rows);
}

static void complain(void *context, const char *line)
{
	struct job *job = context;

	progress_end(&job->progress);
	(void)fprintf(stderr, "%s\n", line);
}

static int print_counts_json(struct job *job,
	const struct change_result *result, uint64_t repeated,
	struct error *error)
{
	bool dry_run = job->tool->options.dry_run;
	struct json json;

	change_begin_counts(&job->changes, result, &json);
	json_put_number(&json, "repeated", repeated);
	json_put_flag(&json, "dry_run", dry_run);
	json_put_generation(&json, "generation", result->generation);
	return json_end(&json, error);
}

static int print_counts(struct job *job, const struct change_result *result,
	uint64_t repeated, struct error *error)
{
	if (job->changes.failed)
		return error_pass(
			error, job->changes.failed, &job->changes.error);
	if (job->tool->options.json)
		return print_counts_json(job, result, repeated, error);
	change_print_counts(&job->changes, result);
	if (repeated)
		(void)printf(", %" PRIu64 " repeated", repeated);
	if (job->tool->options.dry_run)
		(void)fputs("; nothing was changed (dry run)\n", stdout);
	else
		(void)printf("; %sgeneration %" PRIu64 "\n",
			result->unchanged ? "no change, " : "",
			result->generation);
	return 0;
}

/* True if there are counts to print: an edit that was refused has them, as they
 * tell why; one that failed has none. */
static bool has_counts(const struct change_result *result)
{
	for (int i = 0; i < CHANGE_KINDS; i++) {
		if (result->counts[i])
			return true;
	}
	return false;
}

/* Makes the edit, whose rows are valid: opens the state, applies the change,
 * prints the counts, then reloads or says how to. */
static int apply(struct job *job, struct change *change, uint64_t repeated,
	struct error *error)
{
	struct tool *tool = job->tool;
	struct change_result result = { .unchanged = true };
	bool create = change->mode != CHANGE_DELETE && !change->dry_run;
	int code = tool_open_state(tool, create, error);

	if (code == ERR_NOENT && change->dry_run)
		code = 0; /* a load would make the directory */
	if (code)
		return code;
	job->changes = (struct changes){ .table = tool->table,
		.delimiter = tool->options.delimiter,
		.json = tool->options.json };
	change->table = tool->table;
	change->command = tool->line;
	change->context = job;
	change->progress = show_building;
	progress_begin(&job->progress, "writing");
	code = update_apply(tool->state, change, &result, error);
	progress_end(&job->progress);
	if (code)
		code = tool_edit_failed(code, error);
	if (code == ERR_BAD && change->dry_run && has_counts(&result))
		(void)print_counts(job, &result, repeated, NULL);
	if (!code)
		code = print_counts(job, &result, repeated, error);
	if (code || change->dry_run)
		return code;
	return milter_go_live(tool, !result.unchanged, error);
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

	tool_say(job->tool, "%s", line);
}

static const char *input_name(const char *path)
{
	return strcmp(path, "-") != 0 ? path : "standard input";
}

/* Refuses a rule of the other kind with --only. */
static const char *refuse_kind(void *context, const struct rule *rule)
{
	const struct job *job = context;
	enum change_scope scope = job->tool->options.only;

	if (change_in_scope(scope, rule->key))
		return NULL;
	return scope == CHANGE_USERS
		       ? "found a domain rule; with --only users the file may "
			 "hold only user rules"
		       : "found a user rule; with --only domains the file may "
			 "hold only domain rules";
}

static int read_rows(struct job *job, const char *path, struct arena *arena,
	struct rows *rows, struct error *error)
{
	const struct tool *tool = job->tool;
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
		.refuse = refuse_kind,
		.complain = complain,
		.progress = show_reading,
		.context = job,
	};
	FILE *file = NULL;
	int code = open_input(job, path, &file, error);

	if (!code) {
		progress_begin(&job->progress, name);
		code = csvfile_read(file, &options, arena, rows, error);
		progress_end(&job->progress);
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
	if (options->dry_run && options->reload)
		return error_set(error, ERR_USAGE,
			"found --dry-run and --reload, which cannot be used "
			"together; a dry run makes nothing to reload");
	return 0;
}

int command_load(struct tool *tool, struct error *error)
{
	const struct options *options = &tool->options;
	struct job job = { .tool = tool };
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
		.changed = options->dry_run ? print_change : NULL,
	};
	int code = check_load(tool, error);

	if (code)
		return code;
	progress_init(&job.progress, tool->quiet);
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
	code = apply(&job, &change, rows.repeated, error);
out:
	free(rows.rows);
	arena_close(arena);
	return code;
}

int command_add(struct tool *tool, struct error *error)
{
	struct job job = { .tool = tool };
	struct row row = { .line = 0 };
	struct arena *arena = arena_open(SMALL_ARENA_MAX);
	struct change change = {
		.mode = CHANGE_MERGE,
		.rows = &row,
		.count = 1,
		.refuse_existing = !tool->options.replace,
	};
	int code;

	if (!arena)
		return error_set(error, ERR_NOMEM, "out of memory");
	progress_init(&job.progress, tool->quiet);
	code = rule_make(arena, tool->table, bytes_of(tool->operands[0]),
		bytes_of(tool->operands[1]), tool->options.allow_utf8,
		&row.rule, error);
	if (!code)
		code = apply(&job, &change, 0, error);
	arena_close(arena);
	return code;
}

static int compare_rows(const void *left, const void *right)
{
	return bytes_compare(((const struct row *)left)->rule.key,
		((const struct row *)right)->rule.key);
}

static int make_keys(const struct tool *tool, struct arena *arena,
	struct row *rows, struct change *change, struct error *error)
{
	size_t count = (size_t)tool->operand_count;

	for (size_t i = 0; i < count; i++) {
		struct bytes *made = &rows[i].rule.key;
		char key[ADDRESS_KEY_MAX];
		int len = rule_source_key(
			tool->table, bytes_of(tool->operands[i]), key, error);

		if (len < 0)
			return len;
		made->len = (size_t)len;
		made->data = arena_copy(arena, key, made->len);
		if (!made->data)
			return error_set(error, ERR_NOMEM, "out of memory");
	}
	qsort(rows, count, sizeof *rows, compare_rows);
	for (size_t i = 0; i < count; i++) {
		if (!change->count ||
			compare_rows(&rows[change->count - 1], &rows[i]))
			rows[change->count++] = rows[i];
	}
	return 0;
}

int command_delete(struct tool *tool, struct error *error)
{
	struct job job = { .tool = tool };
	struct arena *arena = arena_open(SMALL_ARENA_MAX);
	struct row *rows = calloc((size_t)tool->operand_count, sizeof *rows);
	struct change change = {
		.mode = CHANGE_DELETE,
		.rows = rows,
		.require_existing = true,
	};
	int code;

	progress_init(&job.progress, tool->quiet);
	if (arena && rows)
		code = make_keys(tool, arena, rows, &change, error);
	else
		code = error_set(error, ERR_NOMEM, "out of memory");
	if (!code)
		code = apply(&job, &change, 0, error);
	free(rows);
	arena_close(arena);
	return code;
}

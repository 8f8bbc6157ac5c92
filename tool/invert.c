/* invert: the command that makes one table's CSV of the other. */
#include "tool.h"

#include <stdlib.h>

#include "invert.h"
#include "progress.h"
#include "row.h"

struct job {
	const struct tool *tool;
	struct progress progress;
};

static void show_progress(void *context, uint64_t rows, uint64_t of)
{
	struct job *job = context;

	progress_show(&job->progress, rows, of, rows);
}

/* Errors that end in 65; with --first, messages. */
static void tell_left(void *context, const struct invert_left *left)
{
	struct job *job = context;
	char source[ADDRESS_TEXT_MAX];
	struct bytes targets = rule_value_targets(left->rule.value);
	struct error line; /* for its escaping of control octets */

	if (job->tool->options.first && job->tool->quiet)
		return;
	progress_end(&job->progress);
	(void)rule_source_text(left->rule.key, source);
	(void)error_set(&line, 0, "%.320s%c%.*s%s: %s", source,
		job->tool->options.delimiter,
		targets.len > 320 ? 320 : (int)targets.len, targets.data,
		targets.len > 320 ? "..." : "", left->text);
	(void)fprintf(stderr, "%s\n", line.text);
}

static int write_rows(const struct tool *tool, const struct csvfile_rows *rows,
	struct error *error)
{
	enum rule_table other =
		tool->table == RULE_INBOUND ? RULE_OUTBOUND : RULE_INBOUND;
	int code = row_begin(tool, error);

	for (size_t i = 0; !code && i < rows->count; i++)
		code = row_print(tool, other, &rows->rows[i].rule, error);
	return code;
}

int command_invert(struct tool *tool, struct error *error)
{
	struct job job = { .tool = tool };
	struct invert_options options = { .table = tool->table,
		.left = tell_left,
		.progress = show_progress,
		.context = &job };
	struct csvfile_rows rows = { .rows = NULL };
	struct arena *arena = NULL;
	int code;

	if (tool->table == RULE_ROUTES)
		return error_set(error, ERR_USAGE,
			"routes have no inverse; there are inbound and "
			"outbound");
	/* Keys and targets change places; a local part may need quotes then. */
	arena = arena_open(
		4 * (size_t)map_octets(tool->map) + ((size_t)1 << 20));
	if (!arena)
		return error_set(error, ERR_NOMEM, "out of memory");
	progress_init(&job.progress, tool->quiet);
	progress_begin(&job.progress, "inverting");
	code = invert_table(tool->map, &options, arena, &rows, error);
	progress_end(&job.progress);
	if (code > 0 && !tool->options.first)
		code = error_set(error, ERR_BAD,
			"%d rule%s of %s cannot be inverted, nothing was "
			"printed; with --first they are left out, and the "
			"first of several sources is taken",
			code, code == 1 ? "" : "s",
			rule_table_name(tool->table));
	if (code >= 0)
		code = write_rows(tool, &rows, error);
	free(rows.rows);
	arena_close(arena);
	return code;
}

/*
 * invert: the command that makes the CSV of one table from the other. Tested by
 * tests/e2e/check.test.
 */
#include "command/command.h"

#include <stdlib.h>

#include "check/invert.h"
#include "base/precis.h"
#include "print/progress.h"
#include "print/row.h"

#define SHOWN_MAX 321 /* bytes of a field in a message, with NUL */

struct job {
	const struct tool *tool;
	struct bytes *preferred; /* domains, best first */
	size_t preferred_count;
	struct progress progress;
};

static void show_progress(void *context, uint64_t rows, uint64_t of)
{
	struct job *job = context;

	progress_show(&job->progress, rows, of, rows);
}

/* Prints a rule that was left out. It is the reason for exit status 65, so -q
 * does not hide it, unless --first or --prefer decided. */
static void tell_left(void *context, const struct invert_left *left)
{
	struct job *job = context;
	char source[ADDRESS_TEXT_MAX];
	struct bytes targets = rule_value_targets(left->rule.value);
	char shown[2][SHOWN_MAX];
	struct error line;

	if (job->tool->quiet &&
		(job->tool->options.first || left->reason == INVERT_DECIDED))
		return;
	progress_end(&job->progress);
	(void)rule_source_text(left->rule.key, source);
	(void)precis_show(bytes_of(source), shown[0], sizeof shown[0]);
	(void)precis_show(targets, shown[1], sizeof shown[1]);
	(void)error_set(&line, 0, "%s%c%s%s: %s", shown[0],
		job->tool->options.delimiter, shown[1],
		targets.len >= sizeof shown[1] ? "..." : "", left->text);
	(void)fprintf(stderr, "%s\n", line.text);
}

/* Returns the index of the source's domain among those of --prefer, or their
 * number if it is not one of them. */
static unsigned rank(void *context, struct bytes source)
{
	const struct job *job = context;
	struct bytes domain = source;
	unsigned index = 0;

	for (size_t i = 0; i < source.len; i++)
		if (source.data[i] == '@')
			domain = (struct bytes){ source.data + i + 1,
				source.len - i - 1 };
	while (index < job->preferred_count &&
		!bytes_equal(domain, job->preferred[index]))
		index++;
	return index;
}

static int write_rows(
	const struct tool *tool, const struct rows *rows, struct error *error)
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
	struct job job = { .tool = tool,
		.preferred_count = tool->options.prefer_count };
	struct invert_options options = { .table = tool->table,
		.rank = rank,
		.left = tell_left,
		.progress = show_progress,
		.context = &job };
	struct rows rows = { .rows = NULL };
	struct arena *arena = NULL;
	int code;

	if (tool->table == RULE_ROUTES)
		return error_set(error, ERR_USAGE,
			"the table routes has no inverse; expected inbound or "
			"outbound");
	code = tool_domain_keys(RULE_INBOUND, "--prefer", tool->options.prefer,
		tool->options.prefer_count, &job.preferred, error);
	if (code)
		goto out;
	/* Keys become targets, whose local parts may need quotes. */
	arena = arena_open(
		4 * (size_t)map_octets(tool->map) + ((size_t)1 << 20));
	if (!arena) {
		code = error_set(error, ERR_NOMEM, "out of memory");
		goto out;
	}
	progress_init(&job.progress, tool->quiet);
	progress_begin(&job.progress, "inverting");
	code = invert_table(tool->map, &options, arena, &rows, error);
	progress_end(&job.progress);
	if (code > 0 && !tool->options.first)
		code = error_set(error, ERR_BAD,
			"%d rule%s of %s cannot be inverted, and nothing was "
			"printed; --prefer DOMAIN chooses between several "
			"sources with one target; --first takes the first of "
			"them by name, and leaves out what has no inverse",
			code, code == 1 ? "" : "s",
			rule_table_name(tool->table));
	if (code >= 0)
		code = write_rows(tool, &rows, error);
out:
	free(job.preferred);
	free(rows.rows);
	arena_close(arena);
	return code;
}

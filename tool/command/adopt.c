/*
 * adopt: the command that takes over the rules of another host's map. Tested by
 * tests/e2e/adopt.test.
 */
#include "command/command.h"

#include <inttypes.h>

#include "base/clock.h"
#include "milter.h"
#include "print/change.h"
#include "print/json.h"
#include "print/progress.h"
#include "update/adopt.h"

struct adopting {
	struct tool *tool;
	struct changes changes;
	struct progress progress;
};

static void complain(void *context, const char *line)
{
	struct adopting *adopting = context;

	progress_end(&adopting->progress);
	(void)fprintf(stderr, "%s\n", line);
}

static void print_change(void *context, enum rule_table table,
	enum change_kind kind, struct bytes key, struct bytes old_value,
	struct bytes new_value)
{
	struct adopting *adopting = context;

	adopting->changes.table = table;
	change_print(&adopting->changes, kind, key, old_value, new_value);
}

static void show_building(void *context, uint64_t rows, uint64_t of)
{
	struct adopting *adopting = context;

	progress_show(&adopting->progress, rows, of, rows);
}

static int print_json(const struct tool *tool,
	const struct adopt_result *result, struct error *error)
{
	struct map_meta from = { .adopted = {
					 .generation = result->from.generation,
					 .time = result->from.time } };
	struct json tables;
	struct json json;

	memcpy(from.adopted.host, result->from.host, sizeof from.adopted.host);
	json_begin(&json);
	json_put_adopted(&json, "origin", &from);
	json_put_digest(&json, "digest", result->digest);
	json_begin(&tables);
	for (unsigned t = 0; t < RULE_TABLES; t++)
		change_put_counts(&tables, rule_table_name((enum rule_table)t),
			&result->tables[t]);
	json_put_object(&json, "counts", &tables);
	json_put_flag(&json, "dry_run", tool->options.dry_run);
	json_put_generation(&json, "generation", result->generation);
	return json_end(&json, error);
}

static int print_result(struct adopting *adopting,
	const struct adopt_result *result, struct error *error)
{
	const struct tool *tool = adopting->tool;
	char text[512];

	if (adopting->changes.failed)
		return error_pass(error, adopting->changes.failed,
			&adopting->changes.error);
	if (tool->options.json)
		return print_json(tool, result, error);
	adopt_describe(result, text, sizeof text);
	if (result->unchanged)
		(void)printf("no change, generation %" PRIu64 "\n",
			result->generation);
	else if (tool->options.dry_run)
		(void)printf("%s; nothing was changed (dry run)\n", text);
	else
		(void)printf("%s; generation %" PRIu64 "\n", text,
			result->generation);
	return 0;
}

int command_adopt(struct tool *tool, struct error *error)
{
	const struct options *options = &tool->options;
	struct adopting adopting = { .tool = tool,
		.changes = { .json = options->json } };
	struct adopt adopt = { .path = tool->operands[0],
		.dry_run = options->dry_run,
		.force = options->force,
		.max_delete = options->max_delete,
		.max_delete_always = options->max_delete_given,
		.command = tool->line,
		.note = options->note,
		.complain = complain,
		.changed = options->dry_run ? print_change : NULL,
		.progress = show_building,
		.context = &adopting };
	struct adopt_result result = { .unchanged = true };
	int code;

	if (options->dry_run && options->reload)
		return error_set(error, ERR_USAGE,
			"found --dry-run and --reload, which cannot be used "
			"together; a dry run makes nothing to reload");
	code = tool_open_state(tool, !options->dry_run, error);
	if (code == ERR_NOENT && options->dry_run)
		code = 0; /* it would make the directory */
	if (code)
		return code;
	progress_init(&adopting.progress, tool->quiet);
	progress_begin(&adopting.progress, "writing");
	code = adopt_apply(tool->state, &adopt, &result, error);
	progress_end(&adopting.progress);
	if (code)
		return tool_edit_failed(code, error);
	code = print_result(&adopting, &result, error);
	if (code || options->dry_run)
		return code;
	return milter_go_live(tool, !result.unchanged, error);
}

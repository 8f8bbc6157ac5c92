#include "command/edit.h"

#include <inttypes.h>

#include "milter.h"

static void print_change(void *context, enum change_kind kind, struct bytes key,
	struct bytes old_value, struct bytes new_value)
{
	struct edit *edit = context;

	change_print(&edit->changes, kind, key, old_value, new_value);
}

static void show_building(void *context, uint64_t rows, uint64_t of)
{
	struct edit *edit = context;

	progress_show(&edit->progress, rows, of, rows);
}

static int print_counts_json(struct edit *edit,
	const struct change_result *result, uint64_t repeated,
	struct error *error)
{
	bool dry_run = edit->tool->options.dry_run;
	struct json json;

	change_begin_counts(&edit->changes, result, &json);
	json_put_number(&json, "repeated", repeated);
	json_put_flag(&json, "dry_run", dry_run);
	json_put_generation(&json, "generation", result->generation);
	json_put_digest(&json, "digest", result->digest);
	return json_end(&json, error);
}

static int print_counts(struct edit *edit, const struct change_result *result,
	uint64_t repeated, struct error *error)
{
	if (edit->changes.failed)
		return error_pass(
			error, edit->changes.failed, &edit->changes.error);
	if (edit->tool->options.json)
		return print_counts_json(edit, result, repeated, error);
	change_print_counts(&edit->changes, result);
	if (repeated)
		(void)printf(", %" PRIu64 " repeated", repeated);
	if (edit->tool->options.dry_run)
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

int edit_apply(struct edit *edit, struct change *change, uint64_t repeated,
	struct error *error)
{
	struct tool *tool = edit->tool;
	struct change_result result = { .unchanged = true };
	bool create = change->mode != CHANGE_DELETE && !change->dry_run;
	int code = tool_open_state(tool, create, error);

	if (code == ERR_NOENT && change->dry_run)
		code = 0; /* a load would make the directory */
	if (code)
		return code;
	edit->changes = (struct changes){ .table = tool->table,
		.json = tool->options.json };
	change->table = tool->table;
	change->command = tool->line;
	change->note = tool->options.note;
	change->context = edit;
	change->progress = show_building;
	if (change->dry_run)
		change->changed = print_change;
	progress_begin(&edit->progress, "writing");
	code = update_apply(tool->state, change, &result, error);
	progress_end(&edit->progress);
	if (code)
		code = tool_edit_failed(code, error);
	if (code == ERR_BAD && change->dry_run && has_counts(&result))
		(void)print_counts(edit, &result, repeated, NULL);
	if (!code)
		code = print_counts(edit, &result, repeated, error);
	if (code || change->dry_run)
		return code;
	return milter_go_live(tool, !result.unchanged, error);
}

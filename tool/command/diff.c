/*
 * diff: the command that prints the rules that differ between generations.
 * Tested by tests/e2e/generations.test.
 */
#include "command/command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "print/change.h"
#include "update/mapdiff.h"
#include "print/progress.h"
#include "milter.h"

#define OUTPUT_BUFFER ((size_t)1 << 18)
#define PROGRESS_ROWS 16384

struct diff {
	const struct tool *tool;
	struct map *old; /* NULL: no older generation is kept */
	struct map *new;
	struct progress progress;
	uint64_t steps;
	uint64_t rows; /* read so far, of both maps */
	uint64_t of;   /* all rows of both maps */
	bool headed;   /* the name of the table was printed */
};

static uint64_t generation_of(const struct map *map)
{
	return map ? map_meta(map)->generation : 0;
}

/* Finds the generation before newest; 0: none is kept. */
static int find_previous(const struct tool *tool, uint64_t newest,
	uint64_t *previous, struct error *error)
{
	uint64_t *list = NULL;
	size_t count = 0;
	int code = state_generations(tool->state, &list, &count, error);

	*previous = 0;
	for (size_t i = 0; !code && i < count && list[i] < newest; i++)
		*previous = list[i];
	free(list);
	return code;
}

/* Finds the generation to compare with if OLD is not given: the one that the
 * milter serves or, if no milter runs, the one before the newest. */
static int find_old(const struct tool *tool, uint64_t newest, uint64_t *old,
	struct error *error)
{
	struct error down;
	uint64_t before;
	pid_t pid;
	int code = milter_find(tool, &pid, &down);

	if (code && code != ERR_DOWN)
		return error_pass(error, code, &down);
	if (!code) {
		code = state_served(tool->state, old, &before, error);
		if (code || *old)
			return code;
	}
	return find_previous(tool, newest, old, error);
}

static int open_maps(struct diff *diff, struct error *error)
{
	const struct tool *tool = diff->tool;
	uint64_t old = 0;
	uint64_t new = 0;
	int code = 0;

	if (tool->operand_count > 0)
		code = options_generation(tool->operands[0], &old, error);
	if (!code && tool->operand_count > 1)
		code = options_generation(tool->operands[1], &new, error);
	if (!code && new)
		code = state_open_generation(
			tool->state, new, false, &diff->new, error);
	else if (!code)
		code = state_open_newest(tool->state, false, &diff->new, error);
	if (!code && !tool->operand_count)
		code = find_old(tool, generation_of(diff->new), &old, error);
	if (!code && old)
		code = state_open_generation(
			tool->state, old, false, &diff->old, error);
	return code;
}

static int count_one(struct diff *diff, struct changes *changes,
	const struct mapdiff_step *step, struct change_result *result,
	struct error *error)
{
	diff->rows += step->old.data ? 1 : 0;
	diff->rows += step->new.data ? 1 : 0;
	if (diff->steps++ % PROGRESS_ROWS == 0)
		progress_show(
			&diff->progress, diff->rows, diff->of, diff->rows);
	if (step->change != CHANGE_UNCHANGED && !diff->headed &&
		!changes->json) {
		(void)printf("%s:\n", rule_table_name(changes->table));
		diff->headed = true;
	}
	change_print(changes, step->change, step->key, step->old, step->new);
	if (changes->failed)
		return error_pass(error, changes->failed, &changes->error);
	if (ferror(stdout))
		return tool_output_failed(error);
	return change_count(result, step->change, step->key,
		step->new.data ? step->new : step->old, error);
}

static int print_table_counts(const struct diff *diff,
	const struct changes *changes, const struct change_result *result,
	struct error *error)
{
	struct json json;

	if (!changes->json) {
		change_print_counts(changes, result);
		(void)putchar('\n');
		return 0;
	}
	change_begin_counts(changes, result, &json);
	json_put_generation(&json, "old_generation", generation_of(diff->old));
	json_put_generation(&json, "new_generation", generation_of(diff->new));
	return json_end(&json, error);
}

/* Returns 1 if the table differs, 0 if it does not, or an error. */
static int diff_table(
	struct diff *diff, enum rule_table table, struct error *error)
{
	struct changes changes = { .table = table,
		.json = diff->tool->options.json };
	struct change_result result = { 0 };
	struct mapdiff mapdiff;
	struct mapdiff_step step;
	int code = mapdiff_init(&mapdiff, diff->old, diff->new, table, error);
	bool differs;

	diff->headed = false;
	while (!code && (code = mapdiff_next(&mapdiff, &step, error)) == 1)
		code = count_one(diff, &changes, &step, &result, error);
	mapdiff_free(&mapdiff);
	differs = result.counts[CHANGE_NEW] || result.counts[CHANGE_CHANGED] ||
		  result.counts[CHANGE_DELETED];
	if (!code && (differs || changes.json))
		code = print_table_counts(diff, &changes, &result, error);
	return code ? code : differs;
}

static void say_generations(const struct diff *diff)
{
	uint64_t new = generation_of(diff->new);

	if (diff->old)
		tool_say(diff->tool, "generation %" PRIu64 " -> %" PRIu64,
			generation_of(diff->old), new);
	else
		tool_say(diff->tool,
			"no older generation is kept: every rule of generation "
			"%" PRIu64 " counts as new",
			new);
}

int command_diff(struct tool *tool, struct error *error)
{
	struct diff diff = { .tool = tool };
	int differ = 0;
	int code = open_maps(&diff, error);

	if (!code) {
		say_generations(&diff);
		/* Progress would mix with rows on the same terminal. */
		progress_init(&diff.progress,
			tool->quiet || isatty(STDOUT_FILENO) == 1);
		progress_begin(&diff.progress, "comparing");
		(void)setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
	}
	for (unsigned t = 0; !code && t < RULE_TABLES; t++) {
		if (diff.old)
			diff.of += map_rows(diff.old, (enum rule_table)t);
		diff.of += map_rows(diff.new, (enum rule_table)t);
	}
	for (unsigned t = 0; code >= 0 && t < RULE_TABLES; t++) {
		code = diff_table(&diff, (enum rule_table)t, error);
		differ += code > 0;
	}
	progress_end(&diff.progress);
	if (code >= 0 && !differ)
		tool_say(tool, "no rule differs");
	map_close(diff.old);
	map_close(diff.new);
	return code < 0 ? code : differ ? ERR_NOTFOUND : 0;
}

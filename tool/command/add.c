/*
 * add: the commands that change a table by single rules, add and delete, and
 * init. Tested by tests/e2e/tool.test.
 */
#include "command/command.h"

#include <inttypes.h>
#include <stdlib.h>

#include "command/edit.h"
#include "base/array.h"
#include "csv/csverror.h"
#include "print/json.h"
#include "rules/rowsort.h"
#include "milter.h"
#include "rules/rulesource.h"
#include "rules/ruletarget.h"

#define ADD_ARENA_MAX	 ((size_t)1 << 20)
#define DELETE_ARENA_MAX ((size_t)2 << 30) /* for some 20,000,000 sources */

int command_init(struct tool *tool, struct error *error)
{
	uint64_t generation = 0;
	int code = tool_open_state(tool, true, error);

	if (!code)
		code = update_init(tool->state, tool->line, tool->options.note,
			&generation, error);
	if (code)
		return code;
	if (tool->options.json) {
		struct json json;

		json_begin(&json);
		json_put_generation(&json, "generation", generation);
		return json_end(&json, error);
	}
	(void)printf("generation %" PRIu64 "\n", generation);
	return milter_go_live(tool, true, error);
}

int command_add(struct tool *tool, struct error *error)
{
	struct edit edit = { .tool = tool };
	struct row row = { .line = 0 };
	struct arena *arena = arena_open(ADD_ARENA_MAX);
	struct change change = {
		.mode = CHANGE_MERGE,
		.rows = &row,
		.count = 1,
		.refuse_existing = !tool->options.replace,
	};
	int code;

	if (!arena)
		return error_set(error, ERR_NOMEM, "out of memory");
	progress_init(&edit.progress, tool->quiet);
	code = rule_make(arena, tool->table, bytes_of(tool->operands[0]),
		bytes_of(tool->operands[1]), tool->options.allow_utf8,
		&row.rule, error);
	if (!code)
		code = edit_apply(&edit, &change, 0, error);
	arena_close(arena);
	return code;
}

/* The sources that `delete` was given, as they are read. */
struct sources {
	const struct tool *tool;
	struct arena *arena;
	struct csverror *errors; /* of standard input, by line */
	struct row *rows;
	size_t count;
	size_t room;
};

/* Adds a source. Returns 0; ERR_BAD if it is none; ERR_NOMEM. */
static int add_source(
	struct sources *sources, struct bytes source, struct error *error)
{
	struct row *longer = array_grow(
		sources->rows, sources->count, &sources->room, sizeof *longer);
	char key[ADDRESS_KEY_MAX];
	struct row row = { .line = 0 };
	int len;

	if (!longer)
		return error_set(error, ERR_NOMEM, "out of memory");
	sources->rows = longer;
	len = rule_source_key(sources->tool->table, source, key, error);
	if (len < 0)
		return len;
	row.rule.key.len = (size_t)len;
	row.rule.key.data = arena_copy(sources->arena, key, (size_t)len);
	if (!row.rule.key.data)
		return error_set(error, ERR_NOMEM, "out of memory");
	sources->rows[sources->count++] = row;
	return 0;
}

/* Reads sources from standard input, one per line. Empty lines are ignored. */
static int read_sources(struct sources *sources, struct error *error)
{
	struct error why = { .text = "" };
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	uint32_t number = 0;
	int code = 0;

	while (!code && (len = getline(&line, &size, stdin)) >= 0) {
		struct bytes text = { line, (size_t)len };

		number++;
		text = bytes_trim(text, BYTES_FWS);
		if (text.len && memchr(text.data, '\0', text.len))
			csverror_add(sources->errors, number,
				"the source contains a NUL byte");
		else if (text.len)
			code = add_source(sources, text, &why);
		if (code == ERR_BAD) {
			csverror_add(sources->errors, number, "%s", why.text);
			code = 0;
		}
	}
	if (!code && ferror(stdin))
		code = error_set_errno(error, "standard input");
	else if (code)
		(void)error_pass(error, code, &why);
	free(line);
	return code;
}

static void complain(void *context, const char *line)
{
	(void)context;
	(void)fprintf(stderr, "%s\n", line);
}

static int take_sources(struct sources *sources, struct error *error)
{
	const struct tool *tool = sources->tool;
	uint64_t wrong;
	int code = 0;

	for (int i = 0; !code && i < tool->operand_count; i++) {
		if (strcmp(tool->operands[i], "-") != 0)
			code = add_source(
				sources, bytes_of(tool->operands[i]), error);
		else
			code = read_sources(sources, error);
	}
	if (code)
		return code;
	wrong = csverror_complain(
		sources->errors, "standard input", complain, NULL);
	if (wrong)
		return error_set(error, ERR_BAD,
			"%" PRIu64 " error%s, nothing was deleted", wrong,
			wrong == 1 ? "" : "s");
	if (!sources->count)
		return error_set(error, ERR_BAD,
			"standard input is empty, expected one source per "
			"line; nothing was deleted");
	return rowsort(sources->rows, sources->count)
		       ? error_set(error, ERR_NOMEM, "out of memory")
		       : 0;
}

/* Keeps each of the sorted keys once. */
static void drop_repeated(struct sources *sources)
{
	size_t kept = 0;

	for (size_t i = 0; i < sources->count; i++) {
		const struct row *row = &sources->rows[i];

		if (!kept || !bytes_equal(sources->rows[kept - 1].rule.key,
				     row->rule.key))
			sources->rows[kept++] = *row;
	}
	sources->count = kept;
}

int command_delete(struct tool *tool, struct error *error)
{
	struct edit edit = { .tool = tool };
	struct sources sources = { .tool = tool,
		.arena = arena_open(DELETE_ARENA_MAX),
		.errors = csverror_open() };
	struct change change = {
		.mode = CHANGE_DELETE,
		.require_existing = true,
	};
	int code;

	progress_init(&edit.progress, tool->quiet);
	if (sources.arena && sources.errors)
		code = take_sources(&sources, error);
	else
		code = error_set(error, ERR_NOMEM, "out of memory");
	if (!code) {
		drop_repeated(&sources);
		change.rows = sources.rows;
		change.count = sources.count;
		code = edit_apply(&edit, &change, 0, error);
	}
	free(sources.rows);
	csverror_close(sources.errors);
	arena_close(sources.arena);
	return code;
}

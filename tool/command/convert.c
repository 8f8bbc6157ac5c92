/*
 * convert: the command that makes a table's CSV from what directories export.
 * Tested by tests/e2e/convert.test.
 */
#include "convert/convert.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "command/command.h"
#include "print/row.h"

#define FILE_MAX  ((size_t)1 << 30)
#define ARENA_MAX ((size_t)4 << 30)
#define CHUNK	  ((size_t)1 << 20)

static const char *input_name(const char *path)
{
	return strcmp(path, "-") != 0 ? path : "standard input";
}

/* Reads the whole file. The caller frees *data. */
static int read_all(FILE *file, const char *name, char **data, size_t *len,
	struct error *error)
{
	size_t room = 0;

	*data = NULL;
	*len = 0;
	do {
		char *longer = *data;

		if (room - *len < CHUNK) {
			room = room ? 2 * room : CHUNK;
			longer = realloc(*data, room);
		}
		if (!longer)
			return error_set(error, ERR_NOMEM, "out of memory");
		*data = longer;
		*len += fread(*data + *len, 1, room - *len, file);
		if (*len > FILE_MAX)
			return error_set(error, ERR_BAD,
				"%s: found more than 1 GB, expected an export "
				"of a directory; split the file",
				name);
	} while (!feof(file) && !ferror(file));
	return ferror(file) ? error_set_errno(error, "%s", name) : 0;
}

static int read_file(
	const char *path, char **data, size_t *len, struct error *error)
{
	FILE *file = strcmp(path, "-") != 0 ? fopen(path, "re") : stdin;
	struct stat status;
	int code;

	*data = NULL;
	if (!file)
		return error_set_errno(error, "%s", path);
	if (!fstat(fileno(file), &status) && S_ISDIR(status.st_mode))
		code = error_set(error, ERR_NOENT,
			"%s: found a directory, expected a file",
			input_name(path));
	else
		code = read_all(file, input_name(path), data, len, error);
	if (file != stdin)
		(void)fclose(file);
	return code;
}

static void complain(void *context, const char *line)
{
	(void)context;
	(void)fprintf(stderr, "%s\n", line);
}

/* Says what was read, and what was left out. */
static void say_result(const struct tool *tool, const char *name,
	const struct convert_result *result)
{
	const char *made = rule_table_name(
		tool->options.outbound ? RULE_OUTBOUND : RULE_INBOUND);

	uint64_t count = result->mailboxes ? result->mailboxes : result->pairs;

	tool_say(tool, "%s: %s, %" PRIu64 " %s%s; %zu rule%s for %s", name,
		format_name(result->format), count,
		!result->mailboxes ? "row" : "mailbox",
		count == 1	    ? ""
		: result->mailboxes ? "es"
				    : "s",
		result->rows.count, result->rows.count == 1 ? "" : "s", made);
	if (result->several && !tool->options.outbound)
		tool_say(tool,
			"mailboxes with several addresses outside the domains, "
			"of which the first is the target: %" PRIu64,
			result->several);
	for (unsigned i = 0; i < RECORD_LEFTS; i++)
		if (result->left[i])
			tool_say(tool, "left out: %s: %" PRIu64 "%s",
				record_left_text((enum record_left)i),
				result->left[i],
				i == RECORD_LEFT_X500 && !tool->options.outbound
					? " (--imceaex adds them)"
					: "");
}

static int print_rules(const struct tool *tool,
	const struct convert_result *result, struct error *error)
{
	enum rule_table table =
		tool->options.outbound ? RULE_OUTBOUND : RULE_INBOUND;
	int code = row_begin(tool, error);

	for (size_t i = 0; !code && i < result->rows.count; i++)
		code = row_print(
			tool, table, &result->rows.rows[i].rule, error);
	return code;
}

static int check_options(const struct options *options, struct error *error)
{
	if (options->columns.source && options->from != FORMAT_FOUND &&
		options->from != FORMAT_CSV)
		return error_set(error, ERR_USAGE,
			"found --columns and --from %s, which cannot be used "
			"together; --columns means --from csv",
			format_option(options->from));
	if (options->outbound && options->imceaex)
		return error_set(error, ERR_USAGE,
			"found --outbound and --imceaex, which cannot be used "
			"together: no mail leaves with an IMCEAEX address");
	return 0;
}

int command_convert(struct tool *tool, struct error *error)
{
	const struct options *options = &tool->options;
	const char *name = input_name(tool->operands[0]);
	struct convert_options convert = { .format = options->from,
		.columns = options->columns,
		.domain_count = options->domain_count,
		.outbound = options->outbound,
		.imceaex = options->imceaex,
		.allow_utf8 = options->allow_utf8,
		.name = name,
		.complain = complain };
	struct convert_result result = { .rows = { .rows = NULL } };
	struct arena *arena = arena_open(ARENA_MAX);
	struct bytes *domains = NULL;
	char *data = NULL;
	size_t len = 0;
	int code = check_options(options, error);

	if (!code && !arena)
		code = error_set(error, ERR_NOMEM, "out of memory");
	if (!code)
		code = tool_domain_keys(RULE_INBOUND, "--domain",
			options->domains, options->domain_count, &domains,
			error);
	if (!code)
		code = read_file(tool->operands[0], &data, &len, error);
	convert.domains = domains;
	if (!code)
		code = convert_read((struct bytes){ data, len }, &convert,
			arena, &result, error);
	if (!code) {
		say_result(tool, name, &result);
		if (!result.rows.count)
			code = error_set(error, ERR_BAD,
				"%s: no rule can be made of this file; nothing "
				"was printed",
				name);
	}
	if (!code)
		code = print_rules(tool, &result, error);
	free(result.rows.rows);
	free(domains);
	free(data);
	arena_close(arena);
	return code;
}

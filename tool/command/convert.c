/*
 * convert: the command that makes a table's CSV from what directories export.
 * Tested by tests/e2e/convert.test.
 */
#include "convert/convert.h"

#include <inttypes.h>
#include <stdlib.h>

#include "command/command.h"
#include "command/wholefile.h"
#include "print/row.h"

#define ARENA_MAX ((size_t)4 << 30)

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
	const char *name = wholefile_name(tool->operands[0]);
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
		code = wholefile_read(tool->operands[0], &data, &len, error);
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

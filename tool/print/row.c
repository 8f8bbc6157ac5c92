#include "print/row.h"

#include <errno.h>

#include "csv/csvfile.h"
#include "print/json.h"

#define OUTPUT_BUFFER ((size_t)1 << 18)

int row_begin(const struct tool *tool, struct error *error)
{
	(void)setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
	errno = 0;
	if (tool->options.json ||
		!csvfile_write_header(stdout, tool->options.delimiter))
		return 0;
	return tool_output_failed(error);
}

static int print_json(
	enum rule_table table, const struct rule *rule, struct error *error)
{
	char source[ADDRESS_TEXT_MAX];
	struct json json;

	(void)rule_source_text(rule->key, source);
	json_begin(&json);
	json_put_text(&json, "table", rule_table_name(table));
	json_put_row(&json, "source", bytes_of(source));
	json_put_row(&json, "target", rule_value_targets(rule->value));
	json_put_text(
		&json, "kind", rule_kind_name(rule_value_kind(rule->value)));
	return json_end(&json, error);
}

int row_print(const struct tool *tool, enum rule_table table,
	const struct rule *rule, struct error *error)
{
	if (tool->options.json)
		return print_json(table, rule, error);
	if (!csvfile_write(stdout, tool->options.delimiter, rule))
		return 0;
	return tool_output_failed(error);
}

/*
 * log: the command that prints who changed what, and every reload. Tested by
 * tests/e2e/generations.test.
 */
#include "state/events.h"

#include "print/json.h"
#include "print/text.h"
#include "command/command.h"

struct printing {
	const struct tool *tool;
	struct error *error;
};

static int print_json(const struct events_entry *entry, struct error *error)
{
	struct json json;

	json_begin(&json);
	if (entry->time.len) {
		json_put_bytes(&json, "time", entry->time);
		json_put_bytes(&json, "user", entry->user);
	}
	json_put_text(&json, "event", events_kind_name(entry->event));
	if (entry->generation)
		json_put_number(&json, "generation", entry->generation);
	json_put_bytes(&json, "text", entry->text);
	return json_end(&json, error);
}

static int print_entry(void *context, const struct events_entry *entry)
{
	const struct printing *printing = context;

	if (printing->tool->options.json)
		return print_json(entry, printing->error);
	/* The milter's user writes reload.log: it may hold anything. */
	if (entry->time.len) {
		(void)text_print(stdout, entry->time);
		(void)putchar(' ');
		(void)text_print(stdout, entry->user);
		(void)putchar(' ');
	}
	(void)text_print(stdout, entry->text);
	(void)putchar('\n');
	return ferror(stdout) ? tool_output_failed(printing->error) : 0;
}

int command_log(struct tool *tool, struct error *error)
{
	struct printing printing = { .tool = tool, .error = error };

	return events_each(tool->state, print_entry, &printing, error);
}

/*
 * log: the command that prints who changed what, and every reload. Tested by
 * tests/e2e/generations.test.
 */
#include "state/events.h"

#include "base/clock.h"
#include "print/json.h"
#include "print/text.h"
#include "command/command.h"

struct printing {
	const struct tool *tool;
	struct error *error;
	char since[CLOCK_TEXT_MAX]; /* "": from the beginning */
	bool shown;		    /* the line before was printed */
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

/* True if --since and --table let the entry pass. A line without a time belongs
 * to the line before it. */
static bool is_wanted(
	struct printing *printing, const struct events_entry *entry)
{
	const struct options *options = &printing->tool->options;

	if (entry->time.len)
		printing->shown =
			bytes_compare(entry->time, bytes_of(printing->since)) >=
				0 &&
			(!options->table_given ||
				events_concerns(entry, options->table));
	return printing->shown;
}

static int print_entry(void *context, const struct events_entry *entry)
{
	struct printing *printing = context;

	if (!is_wanted(printing, entry))
		return 0;
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
	const struct options *options = &tool->options;
	struct printing printing = { .tool = tool,
		.error = error,
		.shown = options->since == INT64_MIN && !options->table_given };

	if (options->since != INT64_MIN)
		clock_text(options->since, printing.since);
	return events_each(tool->state, print_entry, &printing, error);
}

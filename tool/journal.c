/* journal: the command that prints who changed what: log. */
#include "journal.h"

#include "json.h"
#include "tool.h"

struct printing {
	const struct tool *tool;
	struct error *error;
};

static int print_json(const struct journal_entry *entry, struct error *error)
{
	struct json json;

	json_begin(&json);
	if (entry->time.len) {
		json_put_bytes(&json, "time", entry->time);
		json_put_bytes(&json, "user", entry->user);
	}
	json_put_text(&json, "event", journal_event_name(entry->event));
	if (entry->generation)
		json_put_number(&json, "generation", entry->generation);
	json_put_bytes(&json, "text", entry->text);
	return json_end(&json, error);
}

/* The logs are files that others may write: no octet of them is to reach the
 * terminal that could command it. */
static void print_octets(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		(void)putchar(c < 0x20 || c == 0x7f ? '?' : c);
	}
}

static int print_entry(void *context, const struct journal_entry *entry)
{
	const struct printing *printing = context;

	if (printing->tool->options.json)
		return print_json(entry, printing->error);
	if (entry->time.len) {
		print_octets(entry->time);
		(void)putchar(' ');
		print_octets(entry->user);
		(void)putchar(' ');
	}
	print_octets(entry->text);
	(void)putchar('\n');
	return ferror(stdout) ? tool_output_failed(printing->error) : 0;
}

int command_log(struct tool *tool, struct error *error)
{
	struct printing printing = { .tool = tool, .error = error };

	return journal_each(tool->state, print_entry, &printing, error);
}

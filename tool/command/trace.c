/*
 * trace: the command that tells what happened to a message. Tested by
 * tests/e2e/trace.test.
 */
#include "trace/trace.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "command/command.h"
#include "command/maillogfile.h"
#include "print/json.h"
#include "print/terminal.h"
#include "print/text.h"

#define NAME_WIDTH 11 /* of what a line begins with */

/* Where Debian's syslog writes it. */
#define LOG_FILE "/var/log/mail.log"

static int take(void *context, struct bytes line)
{
	return trace_line(context, line);
}

static int read_all(const struct maillogfile *file, struct trace *trace,
	struct error *error)
{
	int code;

	do {
		code = maillogfile_each(file, take, trace, error);
		if (code == ERR_BAD)
			return error_set(error, ERR_USAGE,
				"more than %d messages: expected fewer; limit "
				"them with --since TIME",
				TRACE_MESSAGES_MAX);
		if (code == ERR_NOMEM && !error->text[0])
			return error_set(error, code, "out of memory");
	} while (!code && trace_again(trace));
	return code;
}

/* ---- for people ---- */

static void print_name(const char *name)
{
	static const struct {
		const char *name;
		enum terminal_style style;
	} styles[] = {
		{ "sent", TERMINAL_GOOD },
		{ "deferred", TERMINAL_DOUBTFUL },
		{ "bounced", TERMINAL_BAD },
		{ "expired", TERMINAL_BAD },
		{ "leak", TERMINAL_BAD },
	};
	enum terminal_style style = TERMINAL_FAINT;
	int width = (int)strlen(name);

	for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
		if (!strcmp(styles[i].name, name))
			style = styles[i].style;
	(void)fputs("  ", stdout);
	terminal_put(style, name);
	(void)printf("%*s", width < NAME_WIDTH ? NAME_WIDTH - width : 1, "");
}

static void print_field(const char *name, struct bytes value)
{
	if (!value.len)
		return;
	print_name(name);
	(void)text_print(stdout, value);
	(void)putchar('\n');
}

/* "a@x>,<b@y" without its outer brackets, or one address. */
static void print_addresses(struct bytes addresses)
{
	(void)putchar('<');
	(void)text_print(stdout, addresses);
	(void)putchar('>');
}

static void print_decision(const struct story *story)
{
	if (story->direction.len) {
		print_name("direction");
		(void)text_print(stdout, story->direction);
		(void)printf(", why ");
		(void)text_print(stdout, story->why);
		(void)printf(", generation ");
		(void)text_print(stdout, story->generation);
		(void)printf("%s\n",
			story->shadow ? ", shadow mode: nothing changed" : "");
	}
	for (const struct story_address *address = story->rewritten; address;
		address = address->next) {
		print_name(story->shadow ? "would be" : "rewritten");
		(void)text_print(stdout, address->field);
		(void)putchar(' ');
		print_addresses(address->old);
		(void)printf(" -> ");
		print_addresses(address->new);
		(void)putchar('\n');
	}
	print_field("headers", story->headers);
	for (const struct story_address *leak = story->leaks; leak;
		leak = leak->next) {
		print_name("leak");
		print_addresses(leak->old);
		(void)printf(" left in ");
		(void)text_print(stdout, leak->field);
		(void)putchar('\n');
	}
}

static void print_delivery(const struct story_delivery *delivery)
{
	char name[16];

	(void)snprintf(name, sizeof name, "%.*s",
		(int)(delivery->status.len < sizeof name ? delivery->status.len
							 : sizeof name - 1),
		delivery->status.len ? delivery->status.data : "");
	print_name(name);
	print_addresses(delivery->recipient);
	if (delivery->original.len) {
		(void)printf(", was ");
		print_addresses(delivery->original);
	}
	/* Postfix writes relay=none if it got to no host. */
	if (!bytes_equal(delivery->relay, bytes_of("none"))) {
		(void)printf(", by ");
		(void)text_print(stdout, delivery->relay);
	}
	(void)printf(": ");
	(void)text_print(stdout, delivery->reply);
	if (delivery->attempts > 1) {
		(void)printf(" (%zu times, first ", delivery->attempts);
		(void)text_print(stdout, delivery->first);
		(void)printf(", last ");
	} else {
		(void)printf(" (");
	}
	(void)text_print(stdout, delivery->last);
	(void)printf(")\n");
}

static void print_story(const struct story *story)
{
	(void)text_print(stdout, story->queue_id);
	(void)printf(", ");
	(void)text_print(stdout, story->first);
	if (!bytes_equal(story->first, story->last)) {
		(void)printf(" to ");
		(void)text_print(stdout, story->last);
	}
	(void)putchar('\n');
	print_field("client", story->client);
	print_field("login", story->login);
	print_field("message-id", story->message_id);
	if (story->has_sender) {
		print_name("sender");
		print_addresses(story->sender);
		(void)putchar('\n');
	}
	print_decision(story);
	for (const struct story_delivery *delivery = story->deliveries;
		delivery; delivery = delivery->next)
		print_delivery(delivery);
	for (const struct story_link *link = story->links; link;
		link = link->next)
		print_field(link->what, link->queue_id);
	for (const struct story_note *note = story->notes; note;
		note = note->next) {
		print_name("note");
		(void)text_print(stdout, note->text);
		(void)printf(" (");
		(void)text_print(stdout, note->process);
		(void)printf(", ");
		(void)text_print(stdout, note->time);
		(void)printf(")\n");
	}
	if (!story->removed && story->deliveries)
		print_field("queue", bytes_of("it may still be there: "
					      "`postqueue -p` tells"));
}

/* ---- for programs ---- */

/* Appends to an array, or drops it, and sets it to NULL, if memory is out. */
static void append(json_t **all, json_t *one)
{
	if (*all && (!one || json_array_append_new(*all, one))) {
		json_decref(*all);
		*all = NULL;
	}
}

/* null stands for what the log does not say. */
static json_t *text_json(struct bytes text)
{
	return text.len ? json_bytes(text) : json_null();
}

static json_t *rewritten_json(const struct story_address *address)
{
	json_t *all = json_array();

	for (; all && address; address = address->next) {
		json_t *new = json_array();
		struct bytes rest = address->new;
		struct bytes one;

		while (new &&story_next_address(&rest, &one))
			append(&new, json_bytes(one));
		append(&all, json_pack("{so so so}", "field",
				     json_bytes(address->field), "old",
				     json_bytes(address->old), "new", new));
	}
	return all;
}

static json_t *leaks_json(const struct story_address *leak)
{
	json_t *all = json_array();

	for (; all && leak; leak = leak->next)
		append(&all,
			json_pack("{so so}", "field", json_bytes(leak->field),
				"address", json_bytes(leak->old)));
	return all;
}

static json_t *deliveries_json(const struct story_delivery *delivery)
{
	json_t *all = json_array();

	for (; all && delivery; delivery = delivery->next)
		append(&all,
			json_pack("{so so so so so so so so sI}", "recipient",
				json_bytes(delivery->recipient), "original",
				text_json(delivery->original), "relay",
				text_json(delivery->relay), "status",
				text_json(delivery->status), "dsn",
				text_json(delivery->dsn), "reply",
				text_json(delivery->reply), "first",
				json_bytes(delivery->first), "last",
				json_bytes(delivery->last), "attempts",
				(json_int_t)delivery->attempts));
	return all;
}

static json_t *links_json(const struct story_link *link)
{
	json_t *all = json_array();

	for (; all && link; link = link->next)
		(void)json_array_append_new(
			all, json_pack("{ss so}", "what", link->what,
				     "queue_id", json_bytes(link->queue_id)));
	return all;
}

static json_t *notes_json(const struct story_note *note)
{
	json_t *all = json_array();

	for (; all && note; note = note->next)
		append(&all,
			json_pack("{so so so}", "time", json_bytes(note->time),
				"process", json_bytes(note->process), "text",
				json_bytes(note->text)));
	return all;
}

static int print_json(const struct story *story, struct error *error)
{
	struct bytes generation = story->generation;
	uint64_t number;
	struct json json;

	json_begin(&json);
	json_put_bytes(&json, "queue_id", story->queue_id);
	json_put_bytes(&json, "first", story->first);
	json_put_bytes(&json, "last", story->last);
	json_put(&json, "client", text_json(story->client));
	json_put(&json, "login", text_json(story->login));
	json_put(&json, "message_id", text_json(story->message_id));
	if (story->has_sender)
		json_put_bytes(&json, "sender", story->sender);
	else
		json_put_null(&json, "sender");
	json_put(&json, "direction", text_json(story->direction));
	json_put(&json, "why", text_json(story->why));
	(void)bytes_number(&generation, 18, &number);
	json_put_generation(&json, "generation", number);
	json_put_flag(&json, "shadow", story->shadow);
	json_put(&json, "rewritten", rewritten_json(story->rewritten));
	json_put(&json, "headers", text_json(story->headers));
	json_put(&json, "leaks", leaks_json(story->leaks));
	json_put(&json, "deliveries", deliveries_json(story->deliveries));
	json_put(&json, "links", links_json(story->links));
	json_put(&json, "notes", notes_json(story->notes));
	json_put_flag(&json, "removed", story->removed);
	return json_end(&json, error);
}

/* ---- the command ---- */

/* path is that of the log which was read, NULL: the journal. */
static int say_nothing(
	const struct tool *tool, const char *path, struct error *error)
{
	return error_set(error, ERR_NOTFOUND, "%s has nothing about %s%s; %s",
		path ? path : "the journal", tool->operands[0],
		tool->options.since != INT64_MIN ? " since that time" : "",
		path ? "--log FILE reads another log, --journal the one of "
		       "systemd"
		     : "--log FILE reads a log that is a file");
}

static int print_all(struct tool *tool, struct trace *trace, const char *path,
	struct error *error)
{
	size_t count;
	const struct story *const *stories = trace_stories(trace, &count);
	int code = 0;

	if (!count)
		return say_nothing(tool, path, error);
	for (size_t i = 0; !code && i < count; i++) {
		if (tool->options.json) {
			code = print_json(stories[i], error);
			continue;
		}
		if (i)
			(void)putchar('\n');
		print_story(stories[i]);
		if (ferror(stdout))
			code = tool_output_failed(error);
	}
	return code;
}

int command_trace(struct tool *tool, struct error *error)
{
	struct maillogfile file = { .path = tool->options.log,
		.since = tool->options.since,
		.now = (int64_t)time(NULL) };
	struct trace *trace = NULL;
	int code;

	if (file.path && tool->options.journal)
		return error_set(error, ERR_USAGE,
			"found both --log and --journal; expected one of them");
	if (!file.path && !tool->options.journal && !access(LOG_FILE, F_OK))
		file.path = LOG_FILE;
	code = trace_open(&trace, tool->operands[0], error);
	if (code == ERR_NOMEM)
		(void)error_set(error, code, "out of memory");
	if (!code)
		code = read_all(&file, trace, error);
	if (!code)
		code = print_all(tool, trace, file.path, error);
	trace_close(trace);
	return code;
}

#include "rewrite.h"

#include <stdlib.h>

#include "text.h"

#define DECIDE_ARENA_MAX ((size_t)2 << 30)

static int find_direction(
	const char *name, enum direction *direction, struct error *error)
{
	for (int i = 0; i < DIRECTIONS; i++) {
		if (!strcmp(name, decide_direction_name((enum direction)i))) {
			*direction = (enum direction)i;
			return 0;
		}
	}
	return error_set(error, ERR_USAGE,
		"\"%s\" is no direction; there are inbound and outbound", name);
}

/* There is no MAIL command here that could say SMTPUTF8. */
static bool needs_smtputf8(const struct decide_message *message)
{
	if (message->sender && text_holds_utf8(bytes_of(message->sender)))
		return true;
	for (size_t i = 0; i < message->recipient_count; i++) {
		if (text_holds_utf8(bytes_of(message->recipients[i].address)))
			return true;
	}
	for (size_t i = 0; i < message->header_count; i++) {
		if (text_holds_utf8(message->headers[i].value))
			return true;
	}
	return false;
}

/* -r and, behind it, what else stands on the line. */
static int take_recipients(struct rewrite *rewrite, struct error *error)
{
	const struct tool *tool = rewrite->tool;
	const struct options *options = &tool->options;
	size_t extra = (size_t)tool->operand_count - 1;
	size_t count = options->recipient_count;

	if (extra && !count)
		return error_set(error, ERR_USAGE,
			"unexpected operand \"%s\": recipients stand behind -r",
			tool->operands[1]);
	rewrite->recipients =
		calloc(count + extra + 1, sizeof *rewrite->recipients);
	if (!rewrite->recipients)
		return error_set(error, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < count + extra; i++)
		rewrite->recipients[i].address =
			i < count ? options->recipients[i]
				  : tool->operands[1 + i - count];
	rewrite->recipient_count = count + extra;
	return 0;
}

int rewrite_read(struct rewrite *rewrite, const struct message_source *source,
	struct error *error)
{
	struct decide_message *message = &rewrite->message;
	int code = message_read(source, &rewrite->file, error);

	if (code)
		return code;
	memset(message, 0, sizeof *message);
	message->sender = "";
	message->headers = rewrite->file.headers;
	message->header_count = rewrite->file.header_count;
	message->explain =
		rewrite->tool->options.explain || rewrite->tool->options.json;
	if (rewrite->arena)
		arena_reset(rewrite->arena);
	else
		rewrite->arena = arena_open(DECIDE_ARENA_MAX);
	return rewrite->arena ? 0
			      : error_set(error, ERR_NOMEM, "out of memory");
}

/* What would be, where the mode is shadow. */
static int decide_enforced(struct rewrite *rewrite, struct error *error)
{
	const struct tool *tool = rewrite->tool;
	struct config enforced = *tool->config;

	rewrite->enforced = rewrite->decision;
	if (enforced.inbound_mode == MODE_ENFORCE &&
		enforced.outbound_mode == MODE_ENFORCE)
		return 0;
	enforced.inbound_mode = MODE_ENFORCE;
	enforced.outbound_mode = MODE_ENFORCE;
	return decide(&enforced, tool->map, rewrite->direction, WHY_COMMAND,
		&rewrite->message, rewrite->arena, &rewrite->enforced, error);
}

int rewrite_decide(struct rewrite *rewrite, struct error *error)
{
	const struct tool *tool = rewrite->tool;
	int code;

	rewrite->message.smtputf8 = needs_smtputf8(&rewrite->message);
	code = decide(tool->config, tool->map, rewrite->direction, WHY_COMMAND,
		&rewrite->message, rewrite->arena, &rewrite->decision, error);
	if (!code)
		code = decide_enforced(rewrite, error);
	if (!code && signatures_find(&rewrite->message, &rewrite->enforced,
			     rewrite->arena, &rewrite->signatures))
		code = error_set(error, ERR_NOMEM, "out of memory");
	return code;
}

struct explain rewrite_explain(const struct rewrite *rewrite)
{
	return (struct explain){ rewrite->name, rewrite->tool->config,
		map_meta(rewrite->tool->map)->generation, &rewrite->message,
		&rewrite->enforced, &rewrite->signatures };
}

void rewrite_free(struct rewrite *rewrite)
{
	arena_close(rewrite->arena);
	free(rewrite->recipients);
	message_free(&rewrite->file);
}

static int report(const struct rewrite *rewrite, struct error *error)
{
	const struct tool *tool = rewrite->tool;
	struct explain explain = rewrite_explain(rewrite);

	if (tool->options.json)
		return explain_json(&explain, error);
	if (tool->options.explain) {
		explain_text(&explain, stderr);
		return 0;
	}
	if (rewrite->decision.shadow)
		tool_say(tool, "nothing is changed where the mode is shadow; "
			       "what would be says --explain");
	explain_envelope(&explain, "", stderr);
	return 0;
}

static int run_one(struct rewrite *rewrite, struct error *error)
{
	const struct tool *tool = rewrite->tool;
	struct decide_message *message = &rewrite->message;
	struct message_source source = message_stdin();
	int code = rewrite_read(rewrite, &source, error);

	if (code)
		return code;
	message->recipients = rewrite->recipients;
	message->recipient_count = rewrite->recipient_count;
	if (tool->options.sender)
		message->sender = tool->options.sender;
	code = rewrite_decide(rewrite, error);
	if (!code)
		code = report(rewrite, error);
	if (code || tool->options.json)
		return code;
	return message_write(&rewrite->file, rewrite->decision.headers,
		rewrite->decision.header_count, &source, stdout, error);
}

int command_rewrite(struct tool *tool, struct error *error)
{
	struct rewrite rewrite = { .tool = tool };
	int code = find_direction(tool->operands[0], &rewrite.direction, error);

	if (!code)
		code = take_recipients(&rewrite, error);
	if (!code)
		code = tool_open_map(tool, error);
	if (!code)
		code = tool->options.mbox ? trial_run(&rewrite, error)
					  : run_one(&rewrite, error);
	rewrite_free(&rewrite);
	return code;
}

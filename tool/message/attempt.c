#include "message/attempt.h"

#include <stdlib.h>

#include "print/text.h"

#define DECIDE_ARENA_MAX ((size_t)2 << 30)

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

int rewrite_read(struct rewrite *rewrite, const struct message_source *source,
	struct error *error)
{
	struct decide_message *message = &rewrite->message;
	int code = message_read(source, &rewrite->file, error);

	if (code)
		return code;
	memset(message, 0, sizeof *message);
	message->sender = ATTEMPT_NULL_SENDER;
	message->headers = rewrite->file.headers;
	message->header_count = rewrite->file.header_count;
	message->explain =
		rewrite->tool->options.explain || rewrite->tool->options.json;
	message->required_seen = rewrite->required_seen;
	message->keep_all = true; /* --mbox counts each address of a rule */
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
	return decide(
		&(struct decide_input){ &enforced, tool->map,
			rewrite->direction, rewrite->why, &rewrite->message },
		rewrite->arena, &rewrite->enforced, error);
}

int rewrite_decide(struct rewrite *rewrite, struct error *error)
{
	const struct tool *tool = rewrite->tool;
	int code;

	rewrite->message.smtputf8 = needs_smtputf8(&rewrite->message);
	code = decide(
		&(struct decide_input){ tool->config, tool->map,
			rewrite->direction, rewrite->why, &rewrite->message },
		rewrite->arena, &rewrite->decision, error);
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
		&rewrite->enforced, &rewrite->signatures, &rewrite->decision };
}

void rewrite_free(struct rewrite *rewrite)
{
	arena_close(rewrite->arena);
	free(rewrite->recipients);
	free(rewrite->required_seen);
	message_free(&rewrite->file);
}

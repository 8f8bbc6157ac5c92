#include "message/attempt.h"

#include <stdlib.h>

#include "print/text.h"

#define DECIDE_ARENA_MAX ((size_t)2 << 30)

/* True if the message holds UTF-8. Then SMTPUTF8 is taken as given, since no
 * MAIL command says so here. */
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

int attempt_read(struct attempt *attempt, const struct message_source *source,
	struct error *error)
{
	struct decide_message *message = &attempt->message;
	int code = message_read(source, &attempt->file, error);

	if (code)
		return code;
	memset(message, 0, sizeof *message);
	message->sender = ATTEMPT_NULL_SENDER;
	message->headers = attempt->file.headers;
	message->header_count = attempt->file.header_count;
	message->explain =
		attempt->tool->options.explain || attempt->tool->options.json;
	message->required_seen = attempt->required_seen;
	message->keep_all = true; /* --mbox counts each address of a rule */
	if (attempt->arena)
		arena_reset(attempt->arena);
	else
		attempt->arena = arena_open(DECIDE_ARENA_MAX);
	return attempt->arena ? 0
			      : error_set(error, ERR_NOMEM, "out of memory");
}

/* Decides as if no table was in shadow mode. */
static int decide_enforced(struct attempt *attempt, struct error *error)
{
	const struct tool *tool = attempt->tool;
	struct config enforced = *tool->config;

	attempt->enforced = attempt->decision;
	if (enforced.inbound_mode == CONFIG_MODE_ENFORCE &&
		enforced.outbound_mode == CONFIG_MODE_ENFORCE)
		return 0;
	enforced.inbound_mode = CONFIG_MODE_ENFORCE;
	enforced.outbound_mode = CONFIG_MODE_ENFORCE;
	return decide(
		&(struct decide_input){ &enforced, tool->map,
			attempt->direction, attempt->why, &attempt->message },
		attempt->arena, &attempt->enforced, error);
}

int attempt_decide(struct attempt *attempt, struct error *error)
{
	const struct tool *tool = attempt->tool;
	int code;

	attempt->message.smtputf8 = needs_smtputf8(&attempt->message);
	code = decide(
		&(struct decide_input){ tool->config, tool->map,
			attempt->direction, attempt->why, &attempt->message },
		attempt->arena, &attempt->decision, error);
	if (!code)
		code = decide_enforced(attempt, error);
	if (!code && signatures_find(&attempt->message, &attempt->enforced,
			     attempt->arena, &attempt->signatures))
		code = error_set(error, ERR_NOMEM, "out of memory");
	return code;
}

struct explain attempt_explain(const struct attempt *attempt)
{
	return (struct explain){ attempt->name, attempt->tool->config,
		map_meta(attempt->tool->map)->generation, &attempt->message,
		&attempt->enforced, &attempt->signatures, &attempt->decision };
}

void attempt_free(struct attempt *attempt)
{
	arena_close(attempt->arena);
	free(attempt->recipients);
	free(attempt->required_seen);
	message_free(&attempt->file);
}

#include "decide/decide.h"

#include "decide/direction.h"
#include "decide/envelope.h"
#include "decide/headers.h"
#include "decide/leak.h"
#include "decide/outcome.h"
#include "decide/resolved.h"

/* The scratch arena holds one header at a time; Postfix sends at most 60,000
 * bytes of it. */
#define DECIDE_SCRATCH_MAX ((size_t)256 << 20)

/* One recipient may have many targets with long extensions. */
#define NEWER_MAX ((size_t)16 << 20)

/* True if the message passed this milter before and Postfix put it into the
 * queue again. */
static bool was_decided(const struct decide_message *message)
{
	enum received_state state = RECEIVED_NONE;

	for (size_t i = 0; message->mta && i < message->header_count; i++)
		if (!received_next(&state, message->mta,
			    message->headers[i].name,
			    message->headers[i].value))
			break;
	return received_is_requeued(state);
}

static int decide_all(struct decide_context *context)
{
	const struct config *config = context->config;
	struct decision *decision = context->decision;
	int result;

	if (was_decided(context->message)) {
		decision->why = DECISION_WHY_REQUEUED;
		return 0;
	}
	result = direction_ask_for_proof(context);
	if (result < 0 || decision->refuse)
		return result;
	context->memory = envelope_memory_make(
		context->arena, context->message->recipient_count + 1);
	if (!context->memory)
		return ERR_NOMEM;
	if (decision->direction == DECISION_OUTBOUND)
		result = envelope_sender(context);
	if (!result && (decision->direction == DECISION_INBOUND ||
			       config->outbound_route_recipients))
		result = envelope_recipients(context);
	if (!result)
		result = headers_decide(context);
	if (!result)
		result = leak_find(context);
	return result;
}

int decide(const struct decide_input *input, struct arena *arena,
	struct decision *decision, struct error *error)
{
	struct error doubt = { .text = "" };
	struct decide_context context = {
		.config = input->config,
		.message = input->message,
		.arena = arena,
		.scratch = arena_open_beside(arena, DECIDE_SCRATCH_MAX),
		.decision = decision,
		.error = &doubt,
	};
	int result = ERR_NOMEM;

	memset(decision, 0, sizeof *decision);
	decision->direction = input->direction;
	decision->why = input->why;
	if (context.scratch)
		result = map_reader_open(&context.reader, input->map);
	if (!result)
		result = decide_all(&context);
	map_reader_close(context.reader);
	arena_close(context.scratch);
	if (result == ERR_NOMEM)
		return error_set(error, result,
			"out of memory, or the message is too large");
	if (result < 0)
		return error_set(error, result, "%s",
			*doubt.text ? doubt.text : "the map cannot be read");
	return 0;
}

/* Returns 1 if a rule matches the address, 0 if not, or a negative error. */
static int matches(struct decide_context *context, struct map_reader *reader,
	const struct mailbox *mailbox)
{
	struct outcome outcome;
	int result;

	context->reader = reader;
	result = outcome_find(
		context, RULE_INBOUND, mailbox, DECISION_RECIPIENT, &outcome);
	return result < 0 ? result : outcome.rule.len != 0;
}

/* Returns 1 if the newer map alone has a rule for the recipient, 0 if not, or a
 * negative error. */
static int is_new(struct decide_context *context, struct map_reader *older,
	struct map_reader *newer, const struct decide_recipient *recipient)
{
	struct mailbox mailbox;
	struct bytes spelt;
	int result = resolved_mailbox(
		recipient->address, recipient->resolved, &mailbox, &spelt);

	if (result == 1)
		result = matches(context, newer, &mailbox);
	if (result != 1)
		return result;
	result = matches(context, older, &mailbox);
	return result < 0 ? result : !result;
}

int decide_needs_newer(const struct decide_input *input,
	const struct map *newer, struct arena *arena)
{
	const struct decide_message *message = input->message;
	struct decide_context context = { .config = input->config,
		.message = message };
	struct map_reader *old_reader = NULL;
	struct map_reader *new_reader = NULL;
	int result = 0;

	if (input->direction == DECISION_OUTBOUND &&
		!input->config->outbound_route_recipients)
		return 0;
	context.arena = arena_open_beside(arena, NEWER_MAX);
	if (!context.arena)
		return ERR_NOMEM;
	result = map_reader_open(&old_reader, input->map);
	if (!result)
		result = map_reader_open(&new_reader, newer);
	for (size_t i = 0; !result && i < message->recipient_count; i++) {
		result = is_new(&context, old_reader, new_reader,
			&message->recipients[i]);
		arena_reset(context.arena);
	}
	map_reader_close(new_reader);
	map_reader_close(old_reader);
	arena_close(context.arena);
	return result;
}

/*
 * rewrite: the command that prints what the milter would make of a message.
 * Tested by tests/e2e/rewrite.test.
 */
#include "command/command.h"

#include <stdlib.h>

#include "decide/direction.h"
#include "decide/resolved.h"
#include "message/attempt.h"
#include "message/trial.h"

static int find_direction(const char *name, enum decision_direction *direction,
	struct error *error)
{
	for (int i = 0; i < DECISION_DIRECTIONS; i++) {
		if (!strcmp(name, decision_direction_name(
					  (enum decision_direction)i))) {
			*direction = (enum decision_direction)i;
			return 0;
		}
	}
	return error_set(error, ERR_USAGE,
		"unknown direction \"%s\"; expected inbound or outbound", name);
}

/* Refuses an address that no MAIL or RCPT command could hold. */
static int check_path(const char *option, const char *path, struct error *error)
{
	struct mailbox mailbox;
	struct bytes spelt;
	int result = resolved_mailbox(path, NULL, &mailbox, &spelt);

	if (result < 0)
		return error_set(error, result, "out of memory");
	return result ? 0
		      : error_set(error, ERR_USAGE,
				"%s \"%s\": this is not an address; expected "
				"one like bob@warmsushi.example",
				option, path);
}

static bool is_null_sender(const char *sender)
{
	return !*sender || !strcmp(sender, ATTEMPT_NULL_SENDER);
}

/* Takes the recipients: the values of -r, and then the operands from first on.
 */
static int take_recipients(
	struct attempt *attempt, size_t first, struct error *error)
{
	const struct tool *tool = attempt->tool;
	const struct options *options = &tool->options;
	size_t extra = (size_t)tool->operand_count - first;
	size_t count = options->recipient_count;
	int code = 0;

	if (extra && !count)
		return error_set(error, ERR_USAGE,
			"unexpected operand \"%s\": give recipients with -r",
			tool->operands[first]);
	attempt->recipients =
		calloc(count + extra + 1, sizeof *attempt->recipients);
	if (!attempt->recipients)
		return error_set(error, ERR_NOMEM, "out of memory");
	for (size_t i = 0; !code && i < count + extra; i++) {
		attempt->recipients[i].address =
			i < count ? options->recipients[i]
				  : tool->operands[first + i - count];
		code = check_path("-r", attempt->recipients[i].address, error);
	}
	attempt->recipient_count = count + extra;
	if (!code && options->sender && !is_null_sender(options->sender))
		code = check_path("-f", options->sender, error);
	return code;
}

/* Takes the direction from the command line, or finds it for the client that
 * the options describe. *first is the index of the first operand after it. */
static int take_direction(
	struct attempt *attempt, size_t *first, struct error *error)
{
	const struct tool *tool = attempt->tool;
	const struct options *options = &tool->options;
	const struct decide_client client = { options->daemon, options->client,
		options->auth, NULL };
	struct network network;

	*first = 0;
	attempt->why = DECISION_WHY_COMMAND;
	if (!options->client && !options->daemon && !options->auth) {
		if (!tool->operand_count)
			return error_set(error, ERR_USAGE,
				"missing operand: expected inbound or "
				"outbound; --client, --daemon or --auth may "
				"stand in its place");
		*first = 1;
		return find_direction(
			tool->operands[0], &attempt->direction, error);
	}
	if (tool->operand_count &&
		!find_direction(tool->operands[0], &attempt->direction, NULL))
		return error_set(error, ERR_USAGE,
			"found \"%s\" and --client, --daemon or --auth, which "
			"find the direction; expected one or the other",
			tool->operands[0]);
	if (options->client &&
		(strchr(options->client, '/') ||
			network_parse(options->client, &network, NULL) < 0))
		return error_set(error, ERR_USAGE,
			"--client \"%s\": expected an IP address like "
			"192.0.2.7 or 2001:db8::7",
			options->client);
	attempt->direction =
		direction_find(tool->config, &client, &attempt->why);
	return 0;
}

static int report(const struct attempt *attempt, struct error *error)
{
	const struct tool *tool = attempt->tool;
	struct explain explain = attempt_explain(attempt);

	if (tool->options.json)
		return explain_json(&explain, error);
	if (tool->options.explain) {
		explain_text(&explain, stderr);
		return 0;
	}
	if (attempt->decision.shadow)
		tool_say(tool, "the mode is shadow, so nothing is changed; "
			       "--explain shows what would be changed");
	explain_envelope(&explain, "", stderr);
	return 0;
}

/* Sets the error for a message that the milter would refuse. */
static int refused(const struct attempt *attempt, struct error *error)
{
	const struct config_required *unseen = attempt->decision.proof.unseen;
	char text[ADDRESS_TEXT_MAX];
	struct bytes rcpt = attempt->decision.refused;

	(void)snprintf(text, sizeof text, "%.*s", (int)rcpt.len, rcpt.data);
	return error_set(error, ERR_NOTFOUND,
		"the milter refuses this message with %s: it has none of "
		"outbound_required_headers with the right value, and no "
		"inbound rule names the domain of %s%s%s%s%s%s",
		decision_reply(&attempt->decision), text,
		unseen ? "; the reply is not 550 5.7.1, because \"" : "",
		unseen ? unseen->name : "", unseen ? ": " : "",
		unseen ? unseen->value : "",
		unseen ? "\" was never seen right" : "");
}

/* Reads which of outbound_required_headers the milter has seen right. */
static int take_seen(struct attempt *attempt, struct error *error)
{
	const struct tool *tool = attempt->tool;
	size_t count = tool->config->outbound_required_count;
	struct error cause = { .text = "" };

	attempt->required_seen =
		calloc(count + 1, sizeof *attempt->required_seen);
	if (!attempt->required_seen)
		return error_set(error, ERR_NOMEM, "out of memory");
	if (count && state_proofs(tool->state, tool->config,
			     attempt->required_seen, &cause) < 0)
		tool_say(tool,
			"%s; so none of outbound_required_headers counts as "
			"seen right",
			cause.text);
	return 0;
}

static int run_one(struct attempt *attempt, struct error *error)
{
	const struct tool *tool = attempt->tool;
	struct decide_message *message = &attempt->message;
	struct message_source source = message_stdin();
	int code = attempt_read(attempt, &source, error);

	if (code)
		return code;
	message->recipients = attempt->recipients;
	message->recipient_count = attempt->recipient_count;
	if (tool->options.sender && *tool->options.sender)
		message->sender = tool->options.sender;
	code = attempt_decide(attempt, error);
	if (!code)
		code = report(attempt, error);
	if (!code && attempt->decision.refuse)
		return refused(attempt, error);
	if (code || tool->options.json)
		return code;
	return message_write(&attempt->file, attempt->decision.headers,
		attempt->decision.header_count, &source, stdout, error);
}

int command_rewrite(struct tool *tool, struct error *error)
{
	struct attempt attempt = { .tool = tool };
	size_t first;
	int code = take_direction(&attempt, &first, error);

	if (!code)
		code = take_recipients(&attempt, first, error);
	if (!code)
		code = tool_open_state(tool, false, error);
	if (!code)
		code = tool_open_map(tool, error);
	if (!code)
		code = take_seen(&attempt, error);
	if (!code)
		code = tool->options.mbox ? trial_run(&attempt, error)
					  : run_one(&attempt, error);
	attempt_free(&attempt);
	return code;
}

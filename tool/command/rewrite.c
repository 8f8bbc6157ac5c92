/* `rewrite` */
#include "command/command.h"

#include <stdlib.h>

#include "decide/direction.h"
#include "decide/resolved.h"
#include "message/attempt.h"
#include "message/trial.h"

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

/* An address of the command line that no MAIL or RCPT command could name. */
static int check_path(const char *option, const char *path, struct error *error)
{
	struct mailbox mailbox;
	struct bytes spelt;
	int result = resolved_mailbox(path, NULL, &mailbox, &spelt);

	if (result < 0)
		return error_set(error, result, "out of memory");
	return result ? 0
		      : error_set(error, ERR_USAGE,
				"%s \"%s\": this is no address, expected one "
				"as bob@warmsushi.example",
				option, path);
}

static bool is_null_sender(const char *sender)
{
	return !*sender || !strcmp(sender, ATTEMPT_NULL_SENDER);
}

/* -r and, behind it, what else stands on the line: the operands from first on.
 */
static int take_recipients(
	struct rewrite *rewrite, size_t first, struct error *error)
{
	const struct tool *tool = rewrite->tool;
	const struct options *options = &tool->options;
	size_t extra = (size_t)tool->operand_count - first;
	size_t count = options->recipient_count;
	int code = 0;

	if (extra && !count)
		return error_set(error, ERR_USAGE,
			"unexpected operand \"%s\": recipients stand behind -r",
			tool->operands[first]);
	rewrite->recipients =
		calloc(count + extra + 1, sizeof *rewrite->recipients);
	if (!rewrite->recipients)
		return error_set(error, ERR_NOMEM, "out of memory");
	for (size_t i = 0; !code && i < count + extra; i++) {
		rewrite->recipients[i].address =
			i < count ? options->recipients[i]
				  : tool->operands[first + i - count];
		code = check_path("-r", rewrite->recipients[i].address, error);
	}
	rewrite->recipient_count = count + extra;
	if (!code && options->sender && !is_null_sender(options->sender))
		code = check_path("-f", options->sender, error);
	return code;
}

/* The direction that the command line names, or that its client has. *first:
 * of the operands behind it. */
static int take_direction(
	struct rewrite *rewrite, size_t *first, struct error *error)
{
	const struct tool *tool = rewrite->tool;
	const struct options *options = &tool->options;
	const struct decide_client client = { options->daemon, options->client,
		options->auth, NULL };
	struct network network;

	*first = 0;
	rewrite->why = WHY_COMMAND;
	if (!options->client && !options->daemon && !options->auth) {
		if (!tool->operand_count)
			return error_set(error, ERR_USAGE,
				"missing operand: expected inbound or "
				"outbound, or --client, --daemon or --auth, "
				"which decide it");
		*first = 1;
		return find_direction(
			tool->operands[0], &rewrite->direction, error);
	}
	if (tool->operand_count &&
		!find_direction(tool->operands[0], &rewrite->direction, NULL))
		return error_set(error, ERR_USAGE,
			"\"%s\" and --client, --daemon or --auth exclude each "
			"other: these decide the direction",
			tool->operands[0]);
	if (options->client &&
		(strchr(options->client, '/') ||
			network_parse(options->client, &network, NULL) < 0))
		return error_set(error, ERR_USAGE,
			"--client \"%s\": expected an IP address, as 192.0.2.7 "
			"or 2001:db8::7",
			options->client);
	rewrite->direction =
		direction_find(tool->config, &client, &rewrite->why);
	return 0;
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

/* The milter would not let the message pass: there is none to print. */
static int refused(const struct rewrite *rewrite, struct error *error)
{
	const struct config_required *unseen = rewrite->decision.proof.unseen;
	char text[ADDRESS_TEXT_MAX];
	struct bytes rcpt = rewrite->decision.refused;

	(void)snprintf(text, sizeof text, "%.*s", (int)rcpt.len, rcpt.data);
	return error_set(error, ERR_NOTFOUND,
		"the milter refuses this message, %s: it has none of "
		"outbound_required_headers with the right value, and no "
		"inbound rule names the domain of %s%s%s%s%s%s",
		decide_reply(&rewrite->decision), text,
		unseen ? "; it would be 550 5.7.1 if " : "",
		unseen ? unseen->name : "", unseen ? ": " : "",
		unseen ? unseen->value : "",
		unseen ? " had ever been seen" : "");
}

/* Which of outbound_required_headers the milter has seen right. */
static int take_seen(struct rewrite *rewrite, struct error *error)
{
	const struct tool *tool = rewrite->tool;
	size_t count = tool->config->outbound_required_count;
	struct error cause = { "" };

	rewrite->required_seen =
		calloc(count + 1, sizeof *rewrite->required_seen);
	if (!rewrite->required_seen)
		return error_set(error, ERR_NOMEM, "out of memory");
	if (count && state_proofs(tool->state, tool->config,
			     rewrite->required_seen, &cause) < 0)
		tool_say(tool,
			"%s: none of outbound_required_headers counts as seen "
			"right",
			cause.text);
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
	if (tool->options.sender && *tool->options.sender)
		message->sender = tool->options.sender;
	code = rewrite_decide(rewrite, error);
	if (!code)
		code = report(rewrite, error);
	if (!code && rewrite->decision.refuse)
		return refused(rewrite, error);
	if (code || tool->options.json)
		return code;
	return message_write(&rewrite->file, rewrite->decision.headers,
		rewrite->decision.header_count, &source, stdout, error);
}

int command_rewrite(struct tool *tool, struct error *error)
{
	struct rewrite rewrite = { .tool = tool };
	size_t first;
	int code = take_direction(&rewrite, &first, error);

	if (!code)
		code = take_recipients(&rewrite, first, error);
	if (!code)
		code = tool_open_state(tool, false, error);
	if (!code)
		code = tool_open_map(tool, error);
	if (!code)
		code = take_seen(&rewrite, error);
	if (!code)
		code = tool->options.mbox ? trial_run(&rewrite, error)
					  : run_one(&rewrite, error);
	rewrite_free(&rewrite);
	return code;
}

#include "command/judge.h"

#include "base/precis.h"
#include "print/json.h"
#include "print/text.h"

#define SHOWN_MAX 301 /* bytes of an address in a message, with NUL */

void judge_complain(const char *text, const struct error *reason)
{
	struct error line;
	char shown[SHOWN_MAX];

	(void)precis_show(bytes_of(text), shown, sizeof shown);
	if (text[0] == '@') /* the reason quotes the text */
		(void)error_set(&line, 0, "%s", reason->text);
	else
		(void)error_set(&line, 0, "\"%s\" %s; expected an address",
			shown, reason->text);
	(void)fprintf(stderr, "readdress: %s\n", line.text);
}

int judge_print_none(
	const char *address, const struct error *reason, struct error *error)
{
	struct json json;

	json_begin(&json);
	json_put_row(&json, "address", bytes_of(address));
	json_put_flag(&json, "found", false);
	if (reason)
		json_put_text(&json, "error", reason->text);
	return json_end(&json, error);
}

int judge_address(const struct tool *tool, struct map_reader *reader,
	struct arena *arena, const struct mailbox *mailbox,
	struct outcome *outcome)
{
	struct bytes local = { mailbox->local, mailbox->local_len };
	struct decide_message message = { .smtputf8 = text_holds_utf8(local) };
	struct decide_context context = { .config = tool->config,
		.reader = reader,
		.message = &message,
		.arena = arena };

	return outcome_find(&context, tool->table, mailbox,
		tool->table == RULE_OUTBOUND ? DECISION_SENDER
					     : DECISION_RECIPIENT,
		outcome);
}

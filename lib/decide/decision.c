#include "decide/decision.h"

bool decision_in_shadow(const struct config *config, enum rule_table table)
{
	enum config_mode mode = table == RULE_OUTBOUND ? config->outbound_mode
						       : config->inbound_mode;

	return mode == CONFIG_MODE_SHADOW;
}

bool decision_changes(const struct decision *decision)
{
	return decision->sender || decision->add_count ||
	       decision->delete_count || decision->header_count;
}

const char *decision_reply(const struct decision *decision)
{
	return decision->proof.unseen ? "450 4.7.1" : "550 5.7.1";
}

const char *decision_direction_name(enum decision_direction direction)
{
	return direction == DECISION_OUTBOUND ? "outbound" : "inbound";
}

const char *decision_why_name(enum decision_why why)
{
	static const char *const names[DECISION_WHYS] = { "default", "daemon",
		"authenticated", "network", "unproven", "command", "requeued" };

	return why < DECISION_WHYS ? names[why] : "";
}

const char *decision_field_name(enum decision_field field)
{
	static const char *const names[DECISION_FIELDS] = { "from", "rcpt",
		"header" };

	return field < DECISION_FIELDS ? names[field] : "";
}

const char *decision_result_name(enum decision_result result)
{
	static const char *const names[DECISION_RESULTS] = { "rewritten",
		"unchanged", "exception", "left", "unparsable" };

	return result < DECISION_RESULTS ? names[result] : "";
}

const char *decision_reason_text(enum decision_reason reason)
{
	static const char *const texts[DECISION_REASONS] = {
		[DECISION_REASON_NONE] = "",
		[DECISION_REASON_SIGNED] = "a DKIM signature covers the header",
		[DECISION_REASON_UNREAD] = "it cannot be read as an address",
		[DECISION_REASON_NO_ADDRESS] = "it is not an address",
		[DECISION_REASON_TOO_LONG] = "it is too long to be an address",
		[DECISION_REASON_ROUTED] = "its local part contains %, ! or @",
		[DECISION_REASON_NEW_TOO_LONG] =
			"the new address would be longer than 254 bytes",
		[DECISION_REASON_NEW_UTF8] =
			("the new local part is UTF-8, which a message "
			 "without SMTPUTF8 cannot carry"),
		[DECISION_REASON_NEW_INVALID] =
			"the new address would not be valid",
		[DECISION_REASON_LINE_LIMIT] =
			"a line of the header would be longer than 998 bytes",
		[DECISION_REASON_HEADER_LIMIT] =
			"the header would be longer than 60000 bytes",
	};

	return reason < DECISION_REASONS ? texts[reason] : "";
}

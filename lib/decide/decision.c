#include "decide/decision.h"

bool decide_in_shadow(const struct config *config, enum rule_table table)
{
	enum config_mode mode = table == RULE_OUTBOUND ? config->outbound_mode
						       : config->inbound_mode;

	return mode == MODE_SHADOW;
}

bool decide_changes(const struct decision *decision)
{
	return decision->sender || decision->add_count ||
	       decision->delete_count || decision->header_count;
}

const char *decide_reply(const struct decision *decision)
{
	return decision->proof.unseen ? "450 4.7.1" : "550 5.7.1";
}

const char *decide_direction_name(enum direction direction)
{
	return direction == OUTBOUND ? "outbound" : "inbound";
}

const char *decide_why_name(enum decide_why why)
{
	static const char *const names[DECIDE_WHYS] = { "default", "daemon",
		"authenticated", "network", "unproven", "command", "requeued" };

	return why < DECIDE_WHYS ? names[why] : "";
}

const char *decide_field_name(enum decide_field field)
{
	static const char *const names[DECIDE_FIELDS] = { "from", "rcpt",
		"header" };

	return field < DECIDE_FIELDS ? names[field] : "";
}

const char *decide_result_name(enum decide_result result)
{
	static const char *const names[DECIDE_RESULTS] = { "rewritten",
		"unchanged", "exception", "left", "unparsable" };

	return result < DECIDE_RESULTS ? names[result] : "";
}

const char *decide_reason_text(enum decide_reason reason)
{
	static const char *const texts[DECIDE_REASONS] = {
		[REASON_NONE] = "",
		[REASON_SIGNED] = "a DKIM signature covers the header",
		[REASON_UNREAD] = "it cannot be read as an address",
		[REASON_NO_ADDRESS] = "it is no address",
		[REASON_TOO_LONG] = "it is too long for an address",
		[REASON_ROUTED] = "its local part holds %, ! or @",
		[REASON_NEW_TOO_LONG] = "it would be longer than 254 octets",
		[REASON_NEW_UTF8] = "its local part is UTF-8 and the message "
				    "has no SMTPUTF8",
		[REASON_NEW_INVALID] = "it would be no address",
		[REASON_LINE_LIMIT] = "a line would be longer than 998 octets",
		[REASON_HEADER_LIMIT] = "the header would be longer than 60000 "
					"octets",
	};

	return reason < DECIDE_REASONS ? texts[reason] : "";
}

#include "decide/decision.h"

const char decide_why_signed[] = "a DKIM signature covers the header";
const char decide_why_unread[] = "it cannot be read as an address";

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

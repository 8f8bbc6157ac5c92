#include "decisionlog/shadow.h"

const char *shadow_notice(const struct config *config, enum rule_table table)
{
	if (table == RULE_INBOUND && config->inbound_mode == CONFIG_MODE_SHADOW)
		return "inbound_mode is \"shadow\": recipients and headers "
		       "keep their addresses; Postfix needs a next hop "
		       "(transport_maps) for each domain that an inbound rule "
		       "names; without one it is its own next hop, and "
		       "bounces the mail as a loop";
	if (table == RULE_OUTBOUND &&
		config->outbound_mode == CONFIG_MODE_SHADOW)
		return "outbound_mode is \"shadow\": mail leaves with internal "
		       "addresses as its senders; a message without "
		       "outbound_required_headers is still refused";
	return NULL;
}

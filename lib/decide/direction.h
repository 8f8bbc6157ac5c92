/*
 * direction: which way a message goes, and who must prove that he is ours: the
 * DIRECTION of readdress.conf(5).
 */
#ifndef READDRESS_DECIDE_DIRECTION_H
#define READDRESS_DECIDE_DIRECTION_H

#include "decide/context.h"

/* Which direction the client alone gives, and why: DEFAULT, DAEMON,
 * AUTHENTICATED or NETWORK. */
enum decision_direction direction_find(const struct config *config,
	const struct decide_client *client, enum decision_why *why);

/* True if the client is this host's own Postfix, on the service of local mail:
 * one that came over the network could have made up its Received headers. */
bool direction_is_local(const struct decide_client *client);

/* True if the decision on a message of that direction, from direction_find,
 * needs headers of this name. */
bool direction_wants_header(const struct config *config,
	enum decision_direction direction, enum decision_why why,
	struct bytes name);

/*
 * Asks a message that is outbound by daemon name, network or command for one of
 * outbound_required_headers (proof.h). Without it the decision's direction
 * becomes inbound, its reason UNPROVEN, and it is refused when a recipient's
 * domain is none of an inbound rule. 0, or a negative error.
 */
int direction_ask_for_proof(struct decide_context *context) MUST_CHECK;

#endif

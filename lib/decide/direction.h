/*
 * direction: finds out whether a message is inbound or outbound, and asks those
 * that must prove it for their proof. See DIRECTION in readdress.conf(5).
 */
#ifndef READDRESS_DECIDE_DIRECTION_H
#define READDRESS_DECIDE_DIRECTION_H

#include "decide/context.h"

/* Returns the direction that follows from the client alone, and sets *why to
 * DECISION_WHY_DEFAULT, DAEMON, AUTHENTICATED or NETWORK. */
enum decision_direction direction_find(const struct config *config,
	const struct decide_client *client, enum decision_why *why);

/* True if the client is this host's own Postfix on the service for local mail
 * (CONFIG_LOCAL). Only then can the Received headers be trusted: a client on
 * the network could have forged them. */
bool direction_is_local(const struct decide_client *client);

/* True if decide() needs the headers of this name, given the direction and the
 * reason from direction_find(). */
bool direction_wants_header(const struct config *config,
	enum decision_direction direction, enum decision_why why,
	struct bytes name);

/*
 * Checks that a message which is outbound by daemon name, network or command is
 * proven by outbound_required_headers (proof.h). If it is not, its direction
 * becomes inbound for the reason DECISION_WHY_UNPROVEN, and it is refused if a
 * recipient's domain is not the source of an inbound rule.
 *
 * Returns 0; or ERR_NOMEM; or ERR_IO or ERR_BAD if the map cannot be read, with
 * no text in the context's error.
 */
int direction_ask_for_proof(struct decide_context *context) MUST_CHECK;

#endif

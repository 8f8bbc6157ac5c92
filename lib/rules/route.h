/*
 * route: the value of a row of routes, which says what Postfix does with the
 * mail of a domain: a role, a next hop, or both ("relay smtp:[host]:25").
 * readdress(1), Routes, says what the roles mean.
 */
#ifndef READDRESS_RULES_ROUTE_H
#define READDRESS_RULES_ROUTE_H

#include "base/error.h"

enum route_role {
	ROUTE_NONE, /* the row has only a next hop */
	ROUTE_RELAY,
	ROUTE_LOCAL,
	ROUTE_BACKUP,
	ROUTE_REMOTE,
	ROUTE_AUTO,
	ROUTE_HOLD,
	ROUTE_ROLES /* the number of roles */
};

#define ROUTE_MAX 1024 /* bytes of a value with all its words */

struct route {
	enum route_role role;
	struct bytes nexthop; /* transport:nexthop; len 0 if there is none */
};

/* Returns "relay" and so on, and "" for ROUTE_NONE. */
const char *route_role_name(enum route_role role);

/* Returns the role with this name in upper or lower case, or ROUTE_NONE. */
enum route_role route_role_find(struct bytes name);

/* Reads a value as the map stores it (rule_value_targets()). It may be one that
 * route_make() would refuse today: what is not a role at its beginning is a
 * next hop. The next hop is a part of text. */
void route_read(struct bytes text, struct route *route);

/*
 * Checks the value of a row, without blanks around it, and writes it as the map
 * stores it: the role in lower case, one space, the next hop as it came. The
 * next hop is a transport of Postfix, ":", and what follows it: nothing, a host
 * name, [host] or [address], each with :port or not, or several of them with
 * commas between; unix:path; for the transports error, retry and discard any
 * text. An IP address must stand in brackets, or Postfix would ask DNS for a
 * host of that name.
 *
 * Returns the length; or ERR_BAD with a reason that names text: target "bob" is
 * not a route.
 */
int route_make(struct bytes text, char made[ROUTE_MAX],
	struct error *error) MUST_CHECK;

#endif

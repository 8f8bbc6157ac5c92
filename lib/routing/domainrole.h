/*
 * domainrole: what a domain is to this Postfix, by the rules of inbound, the
 * rows of routes, and what DNS said. Tested by tests/unit/routing/.
 */
#ifndef READDRESS_ROUTING_DOMAINROLE_H
#define READDRESS_ROUTING_DOMAINROLE_H

#include "map/map.h"
#include "routing/autoroutes.h"

struct domainrole {
	/* Never ROUTE_AUTO: that is replaced by what DNS said of this domain.
	 * ROUTE_NONE: this Postfix treats the domain as if we were not there. A
	 * source domain without a role, or whose role is automatic and for
	 * which DNS has never listed this host, is ROUTE_RELAY. */
	enum route_role role;
	struct bytes nexthop; /* len 0 if there is none; lives as long as the
				 map */
	bool source;	/* it is the source domain of a rule of inbound, which
			   may be a rule for sub-domains */
	bool automatic; /* its row says "auto": DNS must be asked for it */
	bool accepted;	/* Postfix accepts mail for it, to relay it */
};

/* domain must be as in a key (address_domain_key()). Of the rows, the most
 * specific one alone counts: @domain, else @*.parent, with the longest parent
 * first. autoroutes may be NULL. Returns 0; or ERR_NOMEM, ERR_IO or ERR_BAD if
 * the map cannot be read. */
int domainrole_find(struct map_reader *reader,
	const struct autoroutes *autoroutes, struct bytes domain,
	struct domainrole *found) MUST_CHECK;

#endif

#include "routing/domainrole.h"

#include "map/lookup.h"

/* Replaces ROUTE_AUTO by what DNS said about this domain. While DNS has never
 * listed this host, nothing is known: its MX records may be about to change,
 * and mail that comes before the next look must not be refused for good. */
static enum route_role settle(const struct autoroutes *autoroutes,
	struct bytes domain, enum route_role role)
{
	const struct autoroute *known;

	if (role != ROUTE_AUTO)
		return role;
	known = autoroutes_find(autoroutes, domain);
	return known && known->listed ? known->role : ROUTE_NONE;
}

int domainrole_find(struct map_reader *reader,
	const struct autoroutes *autoroutes, struct bytes domain,
	struct domainrole *found)
{
	struct route route = { .role = ROUTE_NONE };
	struct lookup lookup;
	int result = lookup_find_domain(reader, RULE_ROUTES, domain, &lookup);

	if (result == 1)
		route_read(lookup.targets, &route);
	if (result >= 0)
		result = map_names_domain(reader, domain);
	if (result < 0)
		return result;
	found->source = result == 1;
	found->nexthop = route.nexthop;
	found->automatic = route.role == ROUTE_AUTO;
	found->role = settle(autoroutes, domain, route.role);
	if (found->role == ROUTE_NONE && found->source)
		found->role = ROUTE_RELAY;
	/* rule_make() and holdcheck() see to it that no source is held; a map
	 * in which one is must not refuse its mail. */
	found->accepted = found->role == ROUTE_RELAY ||
			  found->role == ROUTE_BACKUP ||
			  (found->role == ROUTE_HOLD && found->source);
	return 0;
}

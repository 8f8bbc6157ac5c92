/*
 * nexthop: where Postfix sends the mail of a domain, as trivial-rewrite(8)
 * decides it. Tested by tests/unit/relay/.
 */
#ifndef READDRESS_RELAY_NEXTHOP_H
#define READDRESS_RELAY_NEXTHOP_H

#include "diagnosis/diagnosis.h"

struct nexthop {
	/* "[mx.new.example]:25", or a domain whose MX records are asked. Lives
	 * as long as diagnosis->arena. */
	const char *destination;
	/* Sends it: its command is smtp. */
	const struct postfix_service *service;
};

/*
 * Finds the next hop of the domain, a lower-case A-label. What depends on the
 * sender is left out. Returns 1; 0 if its mail does not go out by SMTP; ERR_IO
 * if a table that cannot be asked decides it; or ERR_NOMEM.
 */
int nexthop_find(struct diagnosis *diagnosis, struct bytes domain,
	struct nexthop *found) MUST_CHECK;

#endif

/*
 * holdcheck: refuses to hold the mail of a domain that inbound rules name as a
 * source. Its mail is rewritten before it could wait; what must wait is the
 * mail of the domains that the rules lead to. Tested by
 * tests/unit/update/test_holdcheck.c.
 */
#ifndef READDRESS_UPDATE_HOLDCHECK_H
#define READDRESS_UPDATE_HOLDCHECK_H

#include "map/map.h"
#include "update/change.h"

/*
 * Checks inbound and routes as they would be after the change. old is the
 * newest map, or NULL if there is none. A row that holds sub-domains is refused
 * if one of them is a source, and a row that holds a domain if a sub-domain
 * rule covers it.
 *
 * Returns 0; ERR_BAD, with a text that names the first domain that would be
 * both, and the target domains of its rules, which may be held; or ERR_NOMEM,
 * ERR_IO or ERR_BAD if the map cannot be read.
 */
int holdcheck(const struct change *change, const struct map *old,
	struct error *error) MUST_CHECK;

#endif

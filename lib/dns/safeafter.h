/*
 * safeafter: from when on no cache of the DNS holds another MX set any more
 * than the one that is there now, so that the former way of the mail can be
 * closed. Pure: it computes from observations.
 *
 * A cache may hold a set of records for their TTL after the last server gave it
 * out. A set with TTL v that is not seen any more was given out for the last
 * time before the first later observation in which every authoritative server
 * answered another set or TTL; v seconds after that it is in no cache. When the
 * name servers changed, caches may hold the former NS records as well, and ask
 * the former servers until those have expired.
 *
 * Tested by tests/unit/dns/test_safeafter.c.
 */
#ifndef READDRESS_DNS_SAFEAFTER_H
#define READDRESS_DNS_SAFEAFTER_H

#include "dns/observation.h"

#define SAFEAFTER_BLIND INT64_C(259200) /* 72 hours */

enum safeafter_state {
	SAFEAFTER_KNOWN,
	SAFEAFTER_UNKNOWN, /* no other set was ever seen; time is 72 hours after
			      the first observation */
	SAFEAFTER_SPREADING, /* servers answer different sets, or not all have
				answered since: server is one of them */
};

struct safeafter {
	enum safeafter_state state;
	int64_t time; /* seconds since 1970; not with SAFEAFTER_SPREADING */
	const char *server;
};

/* Computes it for the set of the last observation. list is in the order of
 * time, and count is above 0. */
void safeafter_find(
	const struct observation *list, size_t count, struct safeafter *after);

/*
 * From when on the TTL of now holds: until then, caches may keep records with a
 * higher TTL. With same_set, only the set of now counts; otherwise every set
 * that was seen. Returns the time, or 0 if no higher TTL was seen. *former
 * becomes the TTL that holds until then. If not all servers have the lower one
 * yet, time counts from now, the last observation.
 */
int64_t safeafter_lowered(const struct observation *list, size_t count,
	bool same_set, uint32_t *former);

#endif

/*
 * observation: what was seen of a domain's MX records at one time, on each of
 * its authoritative servers, and the file in the state directory that keeps
 * what was seen before. safeafter.h says what it is good for.
 *
 * The file has a line for each observation, its fields separated by one space:
 *
 *   DOMAIN TIME NS-TTL NAME-SERVERS [SERVER TTL MX-SET]...
 *   a.example 2026-11-29T10:00:00Z 86400 ns1.b.example,ns2.b.example
 *       192.0.2.53 300 10:mx1.a.example,20:mx2.a.example   (in the same line)
 *
 * A domain's lines follow one another in the order of their time. "?" stands
 * for what was not answered, and "-" for a set without a record.
 *
 * Tested by tests/unit/dns/test_safeafter.c.
 */
#ifndef READDRESS_DNS_OBSERVATION_H
#define READDRESS_DNS_OBSERVATION_H

#include <sys/types.h>

#include "resolver/reply.h"

#define OBSERVATION_FILE    "dns.observed"
#define OBSERVATION_MAX	    200 /* that are kept of a domain, the latest */
#define OBSERVATION_SERVERS 64	/* of a domain that are looked at */

/* What one server answered. */
struct observation_server {
	const char *address;
	const char *set; /* the MX records (observation_set()); NULL: it did
			    not answer */
	uint32_t ttl;	 /* of the records; 0 if there is none */
};

struct observation {
	int64_t time;	 /* seconds since 1970 */
	const char *ns;	 /* the names of the servers, sorted, with commas
			    between; NULL: not known */
	uint32_t ns_ttl; /* of the NS records */
	const struct observation_server *servers;
	size_t count;
};

/* Returns the text of an answer's records, sorted: "10:mx1.a.example,..." for
 * MX, the names alone for NS, "-" if there is none. NULL when out of memory. */
const char *observation_set(struct arena *arena, const struct reply *answer,
	bool numbers) MUST_CHECK;

/* The observations of many domains. */
struct observations;

/*
 * Reads the file in the directory dirfd, which messages call dir. A file that
 * does not exist is an empty one, and so is that of a directory that does not
 * (dirfd below 0). Returns 0 and *all, which the caller closes;
 * or ERR_BAD if a line is damaged, ERR_NOMEM, or an error of file_open().
 */
int observations_read(struct observations **all, int dirfd, const char *dir,
	struct error *error) MUST_CHECK;
void observations_close(struct observations *all); /* may be NULL */

/* Returns the observations of a domain, in the order of time, which live until
 * observations_add() or observations_close(); *count is 0 if there is none. */
const struct observation *observations_of(
	const struct observations *all, const char *domain, size_t *count);

/*
 * Adds a copy behind the others of its domain. If one of these is later, the
 * clock was set back, and it gets the time of the new one. Of several in a row
 * that say the same, the first and the last are kept. One in which nobody
 * answered is ignored. Returns 0 or ERR_NOMEM.
 */
int observations_add(struct observations *all, const char *domain,
	const struct observation *observation) MUST_CHECK;

/* Replaces the file atomically. It gets mode 0640 and the directory's group.
 * Returns 0, ERR_NOMEM, or an error of file_replace(). */
int observations_write(const struct observations *all, int dirfd,
	const char *dir, struct error *error) MUST_CHECK;

#endif

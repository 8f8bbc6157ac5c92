/*
 * reply: a question to the DNS and the answer to it, as the checks see them.
 * The checks ask through a struct reply_source, so that they need no network
 * in tests.
 *
 * Tested by tests/unit/resolver/test_resolver.c.
 */
#ifndef READDRESS_RESOLVER_REPLY_H
#define READDRESS_RESOLVER_REPLY_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* The most bytes of a domain name as text, with escapes and a NUL. */
#define REPLY_NAME_MAX 1025

/* The types of records (RFC 1035, 3596, 6698), by their numbers there. */
enum reply_type {
	REPLY_A = 1,
	REPLY_NS = 2,
	REPLY_CNAME = 5,
	REPLY_PTR = 12,
	REPLY_MX = 15,
	REPLY_TXT = 16,
	REPLY_AAAA = 28,
	REPLY_TLSA = 52,
};

enum reply_kind {
	REPLY_RECORDS,	 /* there are records of this type */
	REPLY_NO_RECORD, /* the name is there, but has none of this type */
	REPLY_NO_NAME,	 /* the name does not exist */
	REPLY_UNKNOWN,	 /* nobody answered: nothing may be concluded */
};

struct reply_record {
	uint32_t ttl;	 /* seconds */
	unsigned number; /* the preference of an MX */
	/* NS, PTR, MX: a name in lower case without its last dot; "" is the
	 * root. A, AAAA: the address as text. TXT: its strings, joined. TLSA:
	 * usage, selector and matching type, a byte each, and then the data.
	 * Ends with a NUL, which does not count. */
	struct bytes data;
};

struct reply {
	enum reply_kind kind;
	bool authoritative; /* from a server of the zone (AA), not a cache */
	bool alias;	    /* the name is a CNAME; the records are another's */
	uint32_t ttl;	    /* the lowest of the records; 0: there is none */
	struct reply_record *records;
	size_t count;
	const char *failure; /* REPLY_UNKNOWN: "192.0.2.53@53: timed out" */
	bool unreachable;    /* REPLY_UNKNOWN: this host has no way there */
};

/*
 * Where answers come from. ask() sets *answer, whose bytes live in arena.
 * server is the address of one server that must answer ("192.0.2.53"), or NULL.
 * It returns 0, also for REPLY_UNKNOWN, or ERR_NOMEM.
 */
struct reply_source {
	int (*ask)(void *context, struct arena *arena, const char *server,
		const char *name, enum reply_type type, struct reply *answer);
	void *context;
	/* The one server that answers everything ("192.0.2.53@5353"), which is
	 * then asked in place of the servers of each zone; NULL: none. */
	const char *only;
};

/* Asks anybody, or one server. */
static inline int reply_ask(const struct reply_source *source,
	struct arena *arena, const char *server, const char *name,
	enum reply_type type, struct reply *answer)
{
	return source->ask(source->context, arena, server, name, type, answer);
}

/* Asks for the IPv4 and IPv6 addresses of a name. The answer has the records of
 * both. It is REPLY_UNKNOWN when one of the questions got no answer and the
 * other brought no address. */
int reply_ask_addresses(const struct reply_source *source, struct arena *arena,
	const char *name, struct reply *answer) MUST_CHECK;

/* True if the text is an IPv4 or IPv6 address. */
bool reply_is_address(const char *text);

/* True if both are addresses, and the same one. */
bool reply_same_address(const char *a, const char *b);

/* Writes the name under which the PTR record of an address is:
 * "1.2.0.192.in-addr.arpa". Returns false if it is not an address. */
bool reply_reverse_name(const char *address, char name[REPLY_NAME_MAX]);

/* True if both are the same name, whatever the case and a dot at the end. */
bool reply_same_name(const char *a, const char *b);

/* "MX" and so on. */
const char *reply_type_name(enum reply_type type);

#endif

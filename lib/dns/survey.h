/*
 * survey: what the checks of dns share: what they look at, and how each says
 * what it found.
 */
#ifndef READDRESS_DNS_SURVEY_H
#define READDRESS_DNS_SURVEY_H

#include "diagnosis/diagnosis.h"
#include "dns/observation.h"
#include "resolver/reply.h"
#include "rules/route.h"

/* This relay, and others that count as this one. */
struct survey_relay {
	const char *const
		*hosts; /* its names; the first one is its HELO name */
	size_t host_count;
	const char *const *addresses;
	size_t address_count;
};

/* A target domain of the domain's inbound rules. */
struct survey_target {
	const char *name;
	bool has_nexthop; /* routes says where its mail goes: MX records do not
			     matter */
};

/* A document that was fetched by HTTPS. */
struct survey_document {
	struct bytes text;
	const char *failure; /* NULL: it is there */
};

/* A host that mail for the domain goes to. */
struct survey_host {
	const char *name; /* "": a null MX (RFC 7505) */
	unsigned preference;
	struct reply addresses;
	bool ours; /* it is this relay */
};

/* What there is to look at, set by the caller, and the state of the checks. One
 * survey is about one domain. */
struct survey {
	const struct reply_source *source;
	const struct survey_relay *relay;
	const char *domain;   /* lower-case A-labels */
	enum route_role role; /* what routes says; ROUTE_NONE is relay */
	const struct survey_target *targets;
	size_t target_count;
	/* All observations, the last one is of now; count 0: it is not known
	 * what the servers of the domain answer. */
	const struct observation *list;
	size_t count;
	/* How findings are told: found, context and arena of it are set, and
	 * nothing of Postfix. */
	struct diagnosis diagnosis;
	/* Fetches https://HOST/PATH from one of the addresses, into arena.
	 * Returns 0, also if that failed, or ERR_NOMEM. NULL: it cannot. */
	int (*fetch)(void *context, struct arena *arena, const char *host,
		const char *path, const struct reply *addresses,
		struct survey_document *document);
	/* Tells whether this host has a key or a certificate that the data of a
	 * TLSA record describe: 1, 0, or -1 if that is not known. NULL: it is
	 * not known. */
	int (*has_key)(void *context, struct bytes tlsa);
	void *tool_context; /* of these two */

	int64_t now; /* set by survey_observe() */

	/* Set by survey_look(). */
	struct survey_host *hosts; /* the best first; without MX records, the
				      domain itself */
	size_t host_count;
	bool listed;	   /* this relay is one of them */
	unsigned ours;	   /* its best preference */
	unsigned best;	   /* the best preference of others; UINT_MAX: none */
	const char *other; /* one of those */

	/* Set by survey_observe(). */
	struct reply mx;     /* of a server of the domain, or of --server */
	const char *failure; /* a server that did not answer, and why; NULL:
				all did */
	bool from_cache;     /* the answer is what a cache remembers */

	bool unanswered; /* a question got no answer */
};

/* Tells that a question got no answer, so that the check cannot be made. */
int survey_unanswered(struct survey *survey, const char *name,
	enum reply_type type, const char *failure) MUST_CHECK;

/* The name by which this relay greets others. */
const char *survey_helo(const struct survey *survey);

/* True if a host of this name, or with one of these addresses, is this relay.
 * addresses may be NULL. */
bool survey_is_ours(const struct survey *survey, const char *name,
	const struct reply *addresses);

/*
 * Asks the domain's authoritative servers for its MX records, each of them, and
 * makes the observation of now. With source->only it is that server that is
 * asked; what it remembers of another server's answer (no AA) is no
 * observation. observation->time is now, and count is 0 if nobody answered.
 * Returns 0 or ERR_NOMEM. Nothing is said.
 */
int survey_observe(struct survey *survey, int64_t now,
	struct observation *observation) MUST_CHECK;

/* Finds out where this relay is among the MX records. Returns 0 or ERR_NOMEM.
 */
int survey_look(struct survey *survey) MUST_CHECK;

#endif

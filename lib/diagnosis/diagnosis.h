/*
 * diagnosis: what the checks of doctor share: what they look at, and how each
 * says what it found.
 */
#ifndef READDRESS_DIAGNOSIS_DIAGNOSIS_H
#define READDRESS_DIAGNOSIS_DIAGNOSIS_H

/*
 * The wing diagnosis/: what stands below the checks of `readdress doctor` and
 * of `readdress dns`, and below the changes of `readdress postfix`.
 *
 *   shell        words and commands of the shell
 *   remedy       the commands that mend what was found
 *   tally        names for one finding
 *   ourmilter    what is wrong with our milter in a list
 *   ourtable     the tables of readdress that Postfix asks, and their answers
 *   ruledomains  the domains of inbound rules
 *   ahead        asks tables for all of these domains at once
 */

#include "base/arena.h"
#include "config/config.h"
#include "config/endpoint.h"
#include "map/map.h"
#include "postfix/milterlist.h"
#include "postfix/postfix.h"
#include "postfix/postmap.h"
#include "routing/autoroutes.h"
#include "routing/hopsizes.h"

enum diagnosis_level {
	DIAGNOSIS_PASS,
	DIAGNOSIS_WARN, /* mail may go wrong, or somebody else sees to it */
	DIAGNOSIS_FAIL, /* mail goes wrong */
	DIAGNOSIS_SKIP, /* the check could not be made */
	DIAGNOSIS_LEVELS
};

/* One finding. The texts live during the call of diagnosis.found. */
struct diagnosis_finding {
	const char *id; /* "milter-attached" */
	enum diagnosis_level level;
	const char *found;
	const char *why;    /* WARN, FAIL: what happens to whose mail */
	const char *remedy; /* WARN, FAIL: the command that mends it */
};

/* What is found at a socket. */
enum diagnosis_state {
	DIAGNOSIS_STATE_OURS,	 /* our milter, or so it seems */
	DIAGNOSIS_STATE_MISSING, /* there is no such file */
	DIAGNOSIS_STATE_DENIED,	 /* the user may not use path */
	DIAGNOSIS_STATE_REFUSED, /* nobody listens */
	DIAGNOSIS_STATE_OTHER,	 /* the program named in path listens */
	DIAGNOSIS_STATE_UNKNOWN	 /* this user cannot see it */
};

#define DIAGNOSIS_PATH_MAX 1024

struct diagnosis_socket {
	enum diagnosis_state state;
	char path[DIAGNOSIS_PATH_MAX];
	bool directory; /* path is a directory on the way to the socket */
};

/* What is known about the milter that runs. */
struct diagnosis_milter {
	bool up;
	uint64_t served;   /* its generation; 0: none */
	uint64_t approved; /* the one that it is to serve; 0: the newest */
	bool shadow[RULE_TABLES]; /* inbound and outbound */
};

/* A target domain that a row of routes holds. */
struct diagnosis_held {
	const char *domain; /* "new.example", "*.new.example" */
	uint64_t age; /* in seconds: how long it has been held, at least */
};

/* What there is to look at, set by the caller, and the state of the checks. */
struct diagnosis {
	const struct postfix *postfix; /* with $name expanded */
	const struct postfix *written; /* as main.cf and master.cf have it:
					  what they set themselves, alone */
	const struct config *config;
	const char *directory; /* of main.cf, which commands must name; NULL:
				  they reach it without */
	const char *elsewhere; /* this instance of Postfix has no milter, and
				  the one in this directory has it; or NULL */
	const struct map *map; /* NULL: there is none yet */
	const struct autoroutes *autoroutes;   /* NULL: DNS said nothing */
	const struct diagnosis_milter *milter; /* NULL: it is not known */
	const struct hopsizes *sizes; /* what next hops take; NULL: nothing is
					 noted */
	const struct diagnosis_held *held;
	size_t held_count;
	bool is_hidden;	  /* this host has no public address of its own */
	const bool *seen; /* for each of outbound_required_headers; NULL: it is
			     not known */
	/* Other than 0 ends the checks with that code. */
	int (*found)(void *context, const struct diagnosis_finding *finding);
	void *context;
	struct postmap *postmap; /* NULL: none can be asked */
	/* Looks at a socket as a user does. endpoint is "unix:/path" or
	 * "inet:host:port". NULL: no socket can be looked at. */
	void (*see)(void *context, const char *endpoint, const char *user,
		struct diagnosis_socket *seen);

	/* The rest is set by doctor_run(), anew for each check. */
	struct arena *arena; /* for texts */
	const char *id;	     /* of the check */
	size_t said;	     /* findings of this check */
};

/* A text in the arena. NULL when out of memory. */
const char *diagnosis_text(struct diagnosis *diagnosis, const char *format, ...)
	__attribute__((format(printf, 2, 3))) MUST_CHECK;

/* Tells a finding of the check that runs. A text may be NULL only when memory
 * ran out. Returns 0, ERR_NOMEM, or what found returned. */
int diagnosis_say(struct diagnosis *diagnosis, enum diagnosis_level level,
	const char *found, const char *why, const char *remedy) MUST_CHECK;

/* Does the same for a check that ends well, or that could not be made. */
int diagnosis_pass(struct diagnosis *diagnosis, const char *found) MUST_CHECK;
int diagnosis_skip(struct diagnosis *diagnosis, const char *found) MUST_CHECK;

const char *diagnosis_level_name(enum diagnosis_level level); /* "PASS" ... */

/* True if strangers can reach the service: it is an smtpd behind an Internet
 * socket, or the smtpd behind postscreen, and does not listen on loopback
 * alone. */
bool diagnosis_is_public(const struct diagnosis *diagnosis,
	const struct postfix_service *service);

/* True if inet_interfaces of main.cf names loopback alone. */
bool diagnosis_is_loopback_only(const struct diagnosis *diagnosis);

/* True if the service is an smtpd on loopback alone. */
bool diagnosis_is_loopback(const struct diagnosis *diagnosis,
	const struct postfix_service *service);

/* The daemon name that a program of the service tells milters. */
const char *diagnosis_daemon(const struct diagnosis *diagnosis,
	const struct postfix_service *service);

/* True if the service is that of local mail: its daemon name is LOCAL. */
bool diagnosis_is_local(const struct diagnosis *diagnosis,
	const struct postfix_service *service);

/* True if the endpoint, as Postfix names it, is that of our milter. */
bool diagnosis_is_ours(
	const struct diagnosis *diagnosis, struct bytes endpoint);

/* How often our milter stands in the list of the service's milters; 0 also
 * where no_milters switches them off. *item, which may be NULL, becomes the
 * first. */
size_t diagnosis_count_ours(const struct diagnosis *diagnosis,
	const struct postfix_service *service, struct milterlist_item *item);

/* True if the service is a cleanup that has our milter in non_smtpd_milters.
 * *item, which may be NULL, becomes the milter. */
bool diagnosis_has_other(const struct diagnosis *diagnosis,
	const struct postfix_service *service, struct milterlist_item *item);

/* True if a service of the instance has our milter. */
bool diagnosis_has_milter(const struct diagnosis *diagnosis);

/* Finds the next smtpd service that has our milter, from *index on, which
 * begins at 0 and is moved behind it. *item, which may be NULL, becomes the
 * milter. Returns NULL behind the last. */
const struct postfix_service *diagnosis_next(const struct diagnosis *diagnosis,
	size_t *index, struct milterlist_item *item);

/* Finds the next service that has our milter likewise: an smtpd, or a cleanup
 * for mail that comes by none. */
const struct postfix_service *diagnosis_next_any(
	const struct diagnosis *diagnosis, size_t *index,
	struct milterlist_item *item);

/* "smtp/inet", as postconf -P writes the service; NULL when out of memory. */
const char *diagnosis_name(struct diagnosis *diagnosis,
	const struct postfix_service *service) MUST_CHECK;

/* Our milter, as smtpd_milters names it: "unix:readdress/milter.sock". NULL
 * when out of memory. */
const char *diagnosis_endpoint(struct diagnosis *diagnosis) MUST_CHECK;

/* Returns whether the list of domains in main.cf has the domain, which is in
 * lower case. */
enum domainlist_answer diagnosis_match(struct diagnosis *diagnosis,
	const char *parameter, struct bytes domain,
	enum domainlist_parents parents) MUST_CHECK;

/* Returns whether a list of networks, such as mynetworks, has the address. */
enum domainlist_answer diagnosis_has_address(struct diagnosis *diagnosis,
	const char *list, const char *address) MUST_CHECK;

/* Returns how a list of domains is matched with the parents of a name. */
enum domainlist_parents diagnosis_parents(
	const struct diagnosis *diagnosis, const char *parameter);

/* Returns what is said behind a finding that is not certain: how to ask the
 * tables that were left out; "" if there were none. */
const char *diagnosis_hint(const struct diagnosis *diagnosis);

#endif

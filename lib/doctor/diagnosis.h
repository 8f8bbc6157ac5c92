/*
 * diagnosis: what the checks of doctor share: what they look at, and how each
 * says what it found.
 */
#ifndef READDRESS_DOCTOR_DIAGNOSIS_H
#define READDRESS_DOCTOR_DIAGNOSIS_H

#include "base/arena.h"
#include "config/config.h"
#include "config/endpoint.h"
#include "map/map.h"
#include "postfix/domainlist.h"
#include "postfix/milterlist.h"
#include "postfix/postfix.h"

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

/* What is known about the milter that runs. */
struct diagnosis_milter {
	bool up;
	uint64_t served;	  /* its generation; 0: none */
	bool shadow[RULE_TABLES]; /* inbound and outbound */
};

/* What there is to look at, set by the caller, and the state of the checks. */
struct diagnosis {
	const struct postfix *postfix; /* with $name expanded */
	const struct postfix *written; /* as main.cf and master.cf have it:
					  what they set themselves, alone */
	const struct config *config;
	const struct map *map;		       /* NULL: there is none yet */
	const struct diagnosis_milter *milter; /* NULL: it is not known */
	const bool *seen; /* for each of outbound_required_headers; NULL: it is
			     not known */
	/* Other than 0 ends the checks with that code. */
	int (*found)(void *context, const struct diagnosis_finding *finding);
	void *context;
	/* Asks a table of Postfix ("hash:/etc/postfix/relay") for a key.
	 * Returns 1 if it has it, 0 if not, or a negative number if that cannot
	 * be known. NULL: no table can be asked. */
	int (*ask)(void *context, const char *table, const char *key);
	void *ask_context;

	struct arena *arena; /* for texts; set by doctor_run() */
	const char *id;	     /* of the check that runs; set by doctor_run() */
	size_t said;	     /* findings of this check; set likewise */
};

/* A text in the arena. NULL when out of memory. */
const char *diagnosis_text(struct diagnosis *diagnosis, const char *format, ...)
	__attribute__((format(printf, 2, 3))) MUST_CHECK;

/* Tells a finding of the check that runs. A text may be NULL only when memory
 * ran out. Returns 0, ERR_NOMEM, or what found returned. */
int diagnosis_say(struct diagnosis *diagnosis, enum diagnosis_level level,
	const char *found, const char *why, const char *remedy) MUST_CHECK;

const char *diagnosis_level_name(enum diagnosis_level level); /* "PASS" ... */

/* True if strangers can reach the service: it is an smtpd behind an Internet
 * socket, or the smtpd behind postscreen, and does not listen on loopback
 * alone. */
bool diagnosis_is_public(const struct diagnosis *diagnosis,
	const struct postfix_service *service);

/* True if the service is an smtpd on loopback alone. */
bool diagnosis_is_loopback(const struct diagnosis *diagnosis,
	const struct postfix_service *service);

/* How often our milter stands in the list of the service's milters; 0 also
 * where no_milters switches them off. *item, which may be NULL, becomes the
 * first. */
size_t diagnosis_count_ours(const struct diagnosis *diagnosis,
	const struct postfix_service *service, struct milterlist_item *item);

/* Finds the next smtpd service that has our milter, from *index on, which
 * begins at 0 and is moved behind it. *item, which may be NULL, becomes the
 * milter. Returns NULL behind the last. */
const struct postfix_service *diagnosis_next(const struct diagnosis *diagnosis,
	size_t *index, struct milterlist_item *item);

/* "smtp/inet", as postconf -P writes the service; NULL when out of memory. */
const char *diagnosis_name(struct diagnosis *diagnosis,
	const struct postfix_service *service) MUST_CHECK;

/* Our milter, as smtpd_milters names it: "unix:readdress/milter.sock". NULL
 * when out of memory. */
const char *diagnosis_endpoint(struct diagnosis *diagnosis) MUST_CHECK;

#endif

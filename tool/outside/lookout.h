/*
 * lookout: looks at many domains at once by dns_run(), keeps what is found of
 * each until it is printed, and stores what was seen. Tested by
 * tests/e2e/dns.test.
 */
#ifndef READDRESS_TOOL_OUTSIDE_LOOKOUT_H
#define READDRESS_TOOL_OUTSIDE_LOOKOUT_H

#include "dns/survey.h"
#include "outside/certificates.h"
#include "outside/domains.h"
#include "print/progress.h"
#include "routing/autoroutes.h"

/* What was found of one domain. */
struct lookout_domain {
	struct arena *arena;
	struct diagnosis_finding *findings;
	size_t count;
	size_t room;
	struct observation made; /* count 0: there is none */
	int64_t now;		 /* when it was looked at */
	enum autoroutes_seen seen;
	bool unanswered; /* a question got no answer */
	bool failed;	 /* a check found FAIL */
	int result;	 /* of dns_run() */
};

struct lookout {
	/* Set by the caller. */
	const struct reply_source *source;
	const struct survey_relay *relay;
	const struct domains *domains;
	const struct observations *before;
	/* Returns the certificates of this host, or NULL if none are known. It
	 * is called only if there is something to compare them with, and by
	 * several threads. */
	const struct certificates *(*certificates)(void *context);
	void *context;

	struct lookout_domain *list; /* one for each of the domains */
};

/* Looks at all domains. lookout_free() it, after an error, too. Returns 0, or
 * ERR_NOMEM. */
int lookout_run(struct lookout *lookout, struct progress *progress,
	struct error *error) MUST_CHECK;
void lookout_free(struct lookout *lookout);

/* Adds what was seen to the file in the state directory dir, which must be
 * locked. Returns 0, or an error of observations_read() or
 * observations_write().
 */
int lookout_keep(const struct lookout *lookout, const char *dir,
	struct error *error) MUST_CHECK;

/*
 * Writes what was seen of the domains whose role is auto to the file of
 * autoroutes.h in the state directory dir, which must be locked. Domains that
 * were not looked at stay as they are if is_auto() says that routes still has
 * them as auto. has_mailboxes() tells whether Postfix has a domain's mailboxes.
 * Returns 0, ERR_NOMEM, or an error of autoroutes_read() or autoroutes_write();
 * a file that cannot be read stays as it is.
 */
int lookout_route(const struct lookout *lookout, const char *dir,
	bool (*is_auto)(void *context, struct bytes domain),
	bool (*has_mailboxes)(void *context, struct bytes domain),
	void *context, struct error *error) MUST_CHECK;

#endif

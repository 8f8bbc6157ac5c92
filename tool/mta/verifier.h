/*
 * verifier: asks Postfix's probe service about addresses, by RCPT TO and no
 * DATA, until it has the answer of the next hop. Tested by
 * tests/e2e/probe.test.
 */
#ifndef READDRESS_TOOL_MTA_VERIFIER_H
#define READDRESS_TOOL_MTA_VERIFIER_H

#include "probe/probe.h"
#include "probe/targets.h"

#define VERIFIER_RATE	    20 /* questions per second, unless --rate says */
#define VERIFIER_RATE_MAX   1000
#define VERIFIER_ANSWER_MAX 30000 /* milliseconds until an answer is there */

/* What is known of an address. */
struct answer {
	enum probe_result result; /* PROBE_WAIT: nothing yet */
	bool takes_any; /* PROBE_UNKNOWN: the domain takes a random user, too */
	/* What was said last, or why nothing was said; NULL: nothing yet. Lives
	 * as long as the arena. */
	const char *reply;
};

struct verifier {
	const char *host; /* of the service; set by the caller, as are these */
	const char *port;
	unsigned rate; /* questions per second, random users among them */
	const struct targets *targets;
	struct arena *arena;
	struct answer *answers; /* one for each target, zeroed PROBE_WAIT */
	/* Called when more answers are there: done of the targets in front have
	 * theirs. Returns 0 or a code that ends the run. */
	int (*tell)(void *context, size_t done, size_t answered);
	void *context;
};

/*
 * Asks each domain for a random user first, and for its targets only if that
 * one is refused. What has no answer in time is unknown. Returns 0; ERR_DOWN
 * with what the service said, if it does not answer or refuses us; ERR_NOMEM;
 * or what tell returned.
 */
int verifier_run(struct verifier *verifier, struct error *error) MUST_CHECK;

#endif

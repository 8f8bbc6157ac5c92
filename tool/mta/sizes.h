/*
 * sizes: asks next hops of targets how large a message they take, and keeps
 * what they say. Tested by tests/e2e/probe.test.
 */
#ifndef READDRESS_TOOL_MTA_SIZES_H
#define READDRESS_TOOL_MTA_SIZES_H

#include "mta/verifier.h"
#include "postfix/postfix.h"
#include "routing/hopsizes.h"
#include "tool.h"

/* What next hops said, in no order. */
struct sizes {
	struct hopsize *list; /* bytes is 0 of one that told no limit */
	size_t count;
	size_t room;
};

/*
 * Has posttls-finger(1) greet the next hop of each target domain that the
 * verifier has an answer of, each next hop once: up to 20 s for one that hangs.
 * postfix is the one that sends the mail, by the configuration that this tool
 * reads. Sets *sizes, in the verifier's arena. A next hop that cannot be
 * greeted is left out. Returns 0 or ERR_NOMEM.
 */
int sizes_ask(const struct tool *tool, const struct verifier *verifier,
	const struct postfix *postfix, struct sizes *sizes) MUST_CHECK;

/* Puts what was said into the file of hopsizes.h, under the lock of the state
 * directory, which must be open. Returns 0, or an error of state_lock(),
 * hopsizes_read() or hopsizes_write(). */
int sizes_keep(const struct tool *tool, const struct sizes *sizes,
	struct arena *arena, struct error *error) MUST_CHECK;

#endif

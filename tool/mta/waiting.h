/*
 * waiting: mail that waits in the queue of an instance of Postfix because of
 * readdress. Tested by tests/e2e/removed.test and tests/e2e/applyfails.test.
 */
#ifndef READDRESS_TOOL_MTA_WAITING_H
#define READDRESS_TOOL_MTA_WAITING_H

#include "mta/instance.h"

/* Sets *count to the recipients in the queue whose domain is a target of an
 * inbound rule. Returns 0; ERR_CONFIG if the queue cannot be listed; or
 * another error of postconf_call(), or of the map. */
int waiting_count_targets(const struct instance *instance,
	const struct tool *tool, size_t *count, struct error *error) MUST_CHECK;

/* Puts into the queue again what waits for the service readdress-local, which
 * was removed: pickup now takes it as any mail. Waits up to a minute for
 * messages that are just being delivered. Sets *freed to how many went into the
 * queue again, and *left to those that are still on their way. Returns 0, an
 * error of queue_read(), or one of postconf_call(). */
int waiting_free_local(const struct instance *instance, size_t *freed,
	size_t *left, struct error *error) MUST_CHECK;

#endif

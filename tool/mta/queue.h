/*
 * queue: the queue of an instance of Postfix. Tested by tests/e2e/applied.test.
 */
#ifndef READDRESS_TOOL_MTA_QUEUE_H
#define READDRESS_TOOL_MTA_QUEUE_H

#include "mta/instance.h"

/* Sets *count to the recipients in the queue whose domain is a target of an
 * inbound rule. Returns 0; ERR_CONFIG if the queue cannot be listed; or
 * another error of postconf_call(), or of the map. */
int queue_count_targets(const struct instance *instance,
	const struct tool *tool, size_t *count, struct error *error) MUST_CHECK;

/* Puts into the queue again what waits for the service readdress-local, which
 * was removed: pickup now takes it as any mail. Waits some seconds for messages
 * that are just being delivered. Returns how many there were; or an error of
 * postconf_call(). */
int queue_free_local(
	const struct instance *instance, struct error *error) MUST_CHECK;

#endif

/*
 * arrival: whether mail for the domains of inbound rules still comes by this
 * host, so that readdress must not go yet. Tested by tests/e2e/removed.test.
 */
#ifndef READDRESS_TOOL_MTA_ARRIVAL_H
#define READDRESS_TOOL_MTA_ARRIVAL_H

#include "map/nameset.h"
#include "mta/instance.h"
#include "setup/removal.h"

/* Adds the domains that Postfix accepts for us, as in keys: "a.example",
 * "*.a.example"; to local those of inbound rules whose mailboxes are on this
 * host. Returns 0, ERR_NOMEM, or another error of the map. */
int arrival_domains(const struct tool *tool, struct nameset *names,
	struct nameset *local) MUST_CHECK;

/*
 * Looks for reasons why this mail still comes: an MX record that names this
 * host, a domain of which DNS tells nothing, rules that had an effect within a
 * day, mail to targets in the queue. Prints each on standard error. Returns how
 * many there are, or an error.
 */
int arrival_reasons(const struct instance *instance, const struct tool *tool,
	const struct removal_mail *mail, struct error *error) MUST_CHECK;

#endif

/*
 * instance: one instance of Postfix that is set up: its configuration, and the
 * plan for it. Tested by tests/e2e/setup.test.
 */
#ifndef READDRESS_TOOL_MTA_INSTANCE_H
#define READDRESS_TOOL_MTA_INSTANCE_H

#include "setup/plan.h"
#include "tool.h"

struct instance {
	const char *option; /* for -c; NULL: Postfix's own directory */
	char *directory;    /* of main.cf, absolute */
	struct postfix *expanded;
	struct postfix *written;
	struct postfix *defaults;
	struct plan plan;
};

/*
 * Reads the configuration of an instance, and fills the inputs of its plan. All
 * zero before; the caller must instance_close() it in any case. option must
 * live as long. Returns 0; ERR_CONFIG if there is no Postfix, if it cannot be
 * read, or if it is older than 3.7; or another error of postconf_read().
 */
int instance_open(struct instance *instance, const struct tool *tool,
	const char *option, struct error *error) MUST_CHECK;
void instance_close(struct instance *instance);

/* Reads the configuration again, after it was changed, and forgets the plan. */
int instance_reopen(struct instance *instance, const struct tool *tool,
	struct error *error) MUST_CHECK;

/* Plans what the instance needs. Returns 0 or ERR_NOMEM. */
int instance_plan(struct instance *instance, struct error *error) MUST_CHECK;

/* True if the instance has a reference to readdress, or defines one. */
bool instance_has_us(const struct instance *instance);

#endif

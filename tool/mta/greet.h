/*
 * greet: talks to the services of Postfix that have the milter, and learns
 * whether it saw that; asks the tables that Postfix asks. Tested by
 * tests/e2e/applied.test.
 */
#ifndef READDRESS_TOOL_MTA_GREET_H
#define READDRESS_TOOL_MTA_GREET_H

#include "mta/instance.h"

/*
 * Says EHLO, MAIL, RSET and QUIT to every smtpd of the instance that has our
 * milter, and waits until the milter has noted each MAIL. A service that wants
 * TLS or a login first is left out, with a word. Returns 0; or ERR_DOWN with
 * the service and what it said.
 */
int greet_services(const struct instance *instance, const struct tool *tool,
	struct error *error) MUST_CHECK;

/* Asks each of the tables by which Postfix accepts and routes mail. Returns 0;
 * ERR_DOWN if one does not answer, or does not know a domain of our rules;
 * ERR_NOMEM. */
int greet_tables(const struct instance *instance, const struct tool *tool,
	struct error *error) MUST_CHECK;

#endif

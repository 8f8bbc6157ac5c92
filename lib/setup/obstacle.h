/*
 * obstacle: what only the administrator can change, and what would make an
 * --apply fail: it is found before Postfix is touched. Tested by
 * tests/e2e/applyfails.test.
 */
#ifndef READDRESS_SETUP_OBSTACLE_H
#define READDRESS_SETUP_OBSTACLE_H

#include "base/error.h"
#include "setup/plan.h"

/* Looks at Postfix as it is, and at the changes of the plan. Returns 0;
 * ERR_CONFIG, with what was found and what mends it, if outsiders reach no
 * smtpd service, or if a planned service needs IPv4 and inet_protocols has only
 * IPv6; or ERR_NOMEM. */
int obstacle_check(const struct plan *plan, struct error *error) MUST_CHECK;

#endif

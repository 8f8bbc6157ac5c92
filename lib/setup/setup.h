/*
 * setup: what Postfix's configuration needs so that mail passes readdress and
 * Postfix asks it about domains, recipients and next hops. Pure: it reads what
 * postconf printed and our configuration, and lists changes; it runs nothing.
 */
#ifndef READDRESS_SETUP_SETUP_H
#define READDRESS_SETUP_SETUP_H

/*
 * The wing setup/: the changes that `readdress postfix` prints or makes.
 *
 *   reference   references to our parameters in values of others, in and out
 *   masterline  one line of master.cf
 *   plan        the list of changes, and what it is derived from
 *   commands    the list as commands of the shell
 *   removal     takes everything out again
 *   parameters  limits, times, TLS
 *   tables      domains, recipients and transports
 *   filetable   what Postfix asks for, as files
 *   services    smtpd and the milter, outbound mail, the probe
 *   localmail   mail of programs on this host, and bounces
 *   obstacle    what only the administrator can change first
 */

#include "setup/plan.h"

/* Plans all that is missing; nothing if all is there. The inputs of the plan
 * must be set. Returns 0 or ERR_NOMEM. */
int setup_run(struct plan *plan) MUST_CHECK;

#endif

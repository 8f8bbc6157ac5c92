/*
 * localmail: plans the services by which mail of programs on this host and
 * Postfix's own bounces pass the milter. contrib/postfix/master.cf tells what
 * each option is for; tests/e2e/setup.test compares both.
 */
#ifndef READDRESS_SETUP_LOCALMAIL_H
#define READDRESS_SETUP_LOCALMAIL_H

#include "setup/plan.h"

#define LOCALMAIL_CLIENT  "readdress-local"
#define LOCALMAIL_LIMIT	  "readdress-local_destination_recipient_limit"
#define LOCALMAIL_MILTERS "readdress_local_milters"
#define LOCALMAIL_FILTER  "readdress_local"
#define LOCALMAIL_NONE	  "readdress_no_milters"
#define LOCALMAIL_BOUNCE  "readdress-bounce"
#define LOCALMAIL_CLASSES "readdress_bounce_classes"

void localmail_plan(struct plan *plan);
void localmail_plan_bounces(struct plan *plan);

#endif

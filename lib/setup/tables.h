/*
 * tables: plans what Postfix asks readdress: which domains it accepts, which
 * recipients exist there, and which way their mail goes.
 */
#ifndef READDRESS_SETUP_TABLES_H
#define READDRESS_SETUP_TABLES_H

#include "setup/plan.h"

#define TABLES_DOMAINS	  "readdress_domains"
#define TABLES_MAILBOXES  "readdress_mailboxes"
#define TABLES_RECIPIENTS "readdress_recipients"
#define TABLES_TRANSPORT  "readdress_transport"

void tables_plan(struct plan *plan);

#endif

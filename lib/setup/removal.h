/*
 * removal: plans how readdress goes out of Postfix's configuration again, so
 * that postconf -n and -M print what they printed before it came, except for
 * what others have changed since.
 */
#ifndef READDRESS_SETUP_REMOVAL_H
#define READDRESS_SETUP_REMOVAL_H

#include "setup/plan.h"

/* Gives a parameter of main.cf that refers to ours what it had before. */
void removal_parameter(struct plan *plan, const char *parameter);

/* Plans the removal of everything. If domains is not NULL, mail for them still
 * comes here: it lists count domains as in keys ("a.example", "*.a.example"),
 * and the look-ups give way to tables by which Postfix defers their mail. */
void removal_plan(struct plan *plan, const struct bytes *domains, size_t count);

#endif

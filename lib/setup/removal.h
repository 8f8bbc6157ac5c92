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

/* Mail that still comes here. Postfix itself defers it, so that it does not
 * pass as it is. */
struct removal_mail {
	/* Domains that are relayed, and those whose mailboxes are on this host,
	 * as in keys ("a.example", "*.a.example"). */
	const struct bytes *domains;
	size_t count;
	const struct bytes *local;
	size_t local_count;
	bool outbound; /* that of all clients who are outbound */
};

/* Plans the removal of everything, but for what defers this mail. The look-ups
 * give way to tables. */
void removal_plan(struct plan *plan, const struct removal_mail *mail);

/* Plans that outbound mail is no longer deferred, for a set-up that follows a
 * removal. */
void removal_undo(struct plan *plan);

#endif

/*
 * recipients: those of a message as they were and as they are to be, and what
 * of it Postfix has to be told: the net difference of keys; and those in both
 * of which another notification is wanted than Postfix holds. Called by
 * envelope alone.
 */
#ifndef READDRESS_DECIDE_RECIPIENTS_H
#define READDRESS_DECIDE_RECIPIENTS_H

#include "decide/context.h"

/* One more of all->after, in the context's arena, its order set; or NULL. */
struct recipients_after *recipients_new(
	struct decide_context *context, struct recipients *all);

/*
 * Fills adds and deletes of the decision, all->before and all->after being
 * complete; they are taken apart. 0; ERR_NOMEM; ERR_BAD with the context's
 * error where Postfix cannot be told (see lookalike.h).
 */
int recipients_difference(
	struct decide_context *context, struct recipients *all) MUST_CHECK;

#endif

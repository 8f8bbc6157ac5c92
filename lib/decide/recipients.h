/*
 * recipients: computes the adds and deletes of a message from its recipients
 * before and after the rules. They are the difference of the two sets of keys.
 * A recipient that is in both sets is deleted and added again only if the
 * NOTIFY that Postfix holds for it must change. Called by envelope alone.
 * Tested by tests/unit/decide/test_envelope.c and test_envelope_model.c.
 */
#ifndef READDRESS_DECIDE_RECIPIENTS_H
#define READDRESS_DECIDE_RECIPIENTS_H

#include "decide/context.h"

/* Appends an element to all->after, in the context's arena, and sets its order;
 * the caller sets the rest. Returns NULL if memory is exhausted. */
struct recipients_after *recipients_new(
	struct decide_context *context, struct recipients *all);

/*
 * Sets adds and deletes of the decision from all->before and all->after, which
 * must not be used afterwards.
 *
 * Returns 0; or ERR_NOMEM; or ERR_BAD, with the context's error set, if Postfix
 * would confuse two recipients that the rules tell apart (lookalike.h).
 */
int recipients_difference(
	struct decide_context *context, struct recipients *all) MUST_CHECK;

#endif

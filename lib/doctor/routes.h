/*
 * routes: the checks of doctor about recipients and next hops, and about the
 * look-ups that Postfix asks of readdress. Each tells what is wrong by
 * diagnosis_say(), and nothing when all is well. Each returns 0, ERR_NOMEM, or
 * what diagnosis->found returned.
 */
#ifndef READDRESS_DOCTOR_ROUTES_H
#define READDRESS_DOCTOR_ROUTES_H

#include "diagnosis/diagnosis.h"

int routes_check_recipients(struct diagnosis *diagnosis) MUST_CHECK;
int routes_check_stays(struct diagnosis *diagnosis) MUST_CHECK;
int routes_check_hold(struct diagnosis *diagnosis) MUST_CHECK;
int routes_check_target_loop(struct diagnosis *diagnosis) MUST_CHECK;
int routes_check_lookup(struct diagnosis *diagnosis) MUST_CHECK;

/* Answers for a table of ours, "socketmap:unix:readdress/lookup.sock:domains",
 * by the map that is looked at, as postmap.h says of own. context is the
 * diagnosis. */
int routes_answer(void *context, struct bytes table, struct bytes keys,
	struct bytes *answers) MUST_CHECK;

#endif

/*
 * routes: the checks of doctor about next hops, and domains that are held. Each
 * tells what is wrong by diagnosis_say(), and nothing when all is well. Each
 * returns 0, ERR_NOMEM, or what diagnosis->found returned.
 */
#ifndef READDRESS_RELAY_ROUTES_H
#define READDRESS_RELAY_ROUTES_H

#include "diagnosis/diagnosis.h"

int routes_check_stays(struct diagnosis *diagnosis) MUST_CHECK;
int routes_check_hold(struct diagnosis *diagnosis) MUST_CHECK;
int routes_check_target_loop(struct diagnosis *diagnosis) MUST_CHECK;

#endif

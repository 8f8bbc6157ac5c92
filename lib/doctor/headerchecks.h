/*
 * headerchecks: the checks of doctor about actions in header_checks and
 * body_checks of Postfix. Each tells what is wrong by diagnosis_say(), and
 * nothing when all is well. Each returns 0, ERR_NOMEM, or what diagnosis->found
 * returned.
 */
#ifndef READDRESS_DOCTOR_HEADERCHECKS_H
#define READDRESS_DOCTOR_HEADERCHECKS_H

#include "diagnosis/diagnosis.h"

int headerchecks_check(struct diagnosis *diagnosis) MUST_CHECK;

/* Looks for FILTER that leads to a service which has the milter, too: a part of
 * milter-twice. Tables that cannot be read are named by headerchecks_check().
 */
int headerchecks_check_filters(struct diagnosis *diagnosis) MUST_CHECK;

#endif

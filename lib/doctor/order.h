/*
 * order: the checks of doctor about other milters beside ours, and about
 * messages that meet ours twice. Each tells what is wrong by diagnosis_say(),
 * and nothing when all is well. Each returns 0, ERR_NOMEM, or what
 * diagnosis->found returned.
 */
#ifndef READDRESS_DOCTOR_ORDER_H
#define READDRESS_DOCTOR_ORDER_H

#include "diagnosis/diagnosis.h"

int order_check_twice(struct diagnosis *diagnosis) MUST_CHECK;
int order_check(struct diagnosis *diagnosis) MUST_CHECK;

#endif

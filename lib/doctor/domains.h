/*
 * domains: the checks of doctor about the domains of inbound rules, and whether
 * Postfix takes mail for them. Each tells what is wrong by diagnosis_say(), and
 * nothing when all is well. Each returns 0, ERR_NOMEM, or what diagnosis->found
 * returned.
 */
#ifndef READDRESS_DOCTOR_DOMAINS_H
#define READDRESS_DOCTOR_DOMAINS_H

#include "doctor/diagnosis.h"

int domains_check(struct diagnosis *diagnosis) MUST_CHECK;
int domains_check_shadow_loop(struct diagnosis *diagnosis) MUST_CHECK;

#endif

/*
 * running: the checks of doctor about the milter that runs now. Each tells what
 * is wrong by diagnosis_say(), and nothing when all is well. Each returns 0,
 * ERR_NOMEM, or what diagnosis->found returned.
 */
#ifndef READDRESS_DOCTOR_RUNNING_H
#define READDRESS_DOCTOR_RUNNING_H

#include "diagnosis/diagnosis.h"

int running_check_socket(struct diagnosis *diagnosis) MUST_CHECK;
int running_check_up(struct diagnosis *diagnosis) MUST_CHECK;
int running_check_required(struct diagnosis *diagnosis) MUST_CHECK;

#endif

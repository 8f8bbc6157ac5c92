/*
 * clouds: whether strangers of a shared cloud can be outbound while nothing
 * proves who they are. A part of the check required-headers.
 */
#ifndef READDRESS_DOCTOR_CLOUDS_H
#define READDRESS_DOCTOR_CLOUDS_H

#include "diagnosis/diagnosis.h"

/* Tells what is wrong by diagnosis_say(), and nothing when all is well. Returns
 * 0, ERR_NOMEM, or what diagnosis->found returned. */
int clouds_check(struct diagnosis *diagnosis) MUST_CHECK;

#endif

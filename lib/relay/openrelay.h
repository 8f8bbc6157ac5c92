/*
 * openrelay: the check of doctor about strangers who may send through this
 * relay. It tells who may by diagnosis_say(), and nothing when all is well.
 * Returns 0, ERR_NOMEM, or what diagnosis->found returned.
 */
#ifndef READDRESS_RELAY_OPENRELAY_H
#define READDRESS_RELAY_OPENRELAY_H

#include "diagnosis/diagnosis.h"

int openrelay_check(struct diagnosis *diagnosis) MUST_CHECK;

#endif

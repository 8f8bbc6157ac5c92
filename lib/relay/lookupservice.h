/*
 * lookupservice: the check of doctor about the look-ups that Postfix
 * asks of readdress. It tells what is wrong by diagnosis_say(), and nothing
 * when all is well. Returns 0, ERR_NOMEM, or what diagnosis->found returned.
 */
#ifndef READDRESS_RELAY_LOOKUPSERVICE_H
#define READDRESS_RELAY_LOOKUPSERVICE_H

#include "diagnosis/diagnosis.h"

int lookupservice_check(struct diagnosis *diagnosis) MUST_CHECK;

#endif

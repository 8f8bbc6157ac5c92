/*
 * rewriting: the checks of doctor about Postfix's own tables that change
 * addresses of our rules once more. Each tells what is wrong by
 * diagnosis_say(), and nothing when all is well. Each returns 0, ERR_NOMEM, or
 * what diagnosis->found returned.
 */
#ifndef READDRESS_RELAY_REWRITING_H
#define READDRESS_RELAY_REWRITING_H

#include "diagnosis/diagnosis.h"

int rewriting_check_second(struct diagnosis *diagnosis) MUST_CHECK;
int rewriting_check_back(struct diagnosis *diagnosis) MUST_CHECK;

#endif

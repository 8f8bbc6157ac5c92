/*
 * attachment: the checks of doctor about where Postfix calls the milter, and
 * what it does when the milter fails. Each tells what is wrong by
 * diagnosis_say(), and nothing when all is well. Each returns 0, ERR_NOMEM, or
 * what diagnosis->found returned.
 */
#ifndef READDRESS_DOCTOR_ATTACHMENT_H
#define READDRESS_DOCTOR_ATTACHMENT_H

#include "diagnosis/diagnosis.h"

int attachment_check_attached(struct diagnosis *diagnosis) MUST_CHECK;
int attachment_check_default_action(struct diagnosis *diagnosis) MUST_CHECK;
int attachment_check_protocol(struct diagnosis *diagnosis) MUST_CHECK;

#endif

/*
 * settings: the checks of doctor about parameters of Postfix that lose or harm
 * mail beside readdress. Each tells what is wrong by diagnosis_say(), and
 * nothing when all is well. Each returns 0, ERR_NOMEM, or what diagnosis->found
 * returned.
 */
#ifndef READDRESS_DOCTOR_SETTINGS_H
#define READDRESS_DOCTOR_SETTINGS_H

#include "diagnosis/diagnosis.h"

int settings_check_original_recipient(struct diagnosis *diagnosis) MUST_CHECK;
int settings_check_delimiter(struct diagnosis *diagnosis) MUST_CHECK;
int settings_check_limits(struct diagnosis *diagnosis) MUST_CHECK;
int settings_check_bare_newline(struct diagnosis *diagnosis) MUST_CHECK;
int settings_check_tls(struct diagnosis *diagnosis) MUST_CHECK;
int settings_check_tables_shared(struct diagnosis *diagnosis) MUST_CHECK;
int settings_check_versions(struct diagnosis *diagnosis) MUST_CHECK;

#endif

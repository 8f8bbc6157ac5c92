/*
 * references: the check of doctor about our parameters in main.cf, such as
 * $readdress_milter: those that nothing defines, and those that nothing refers
 * to. It tells what is wrong by diagnosis_say(), and nothing when all is well.
 * Returns 0, ERR_NOMEM, or what diagnosis->found returned.
 */
#ifndef READDRESS_DOCTOR_REFERENCES_H
#define READDRESS_DOCTOR_REFERENCES_H

#include "diagnosis/diagnosis.h"

int references_check(struct diagnosis *diagnosis) MUST_CHECK;

#endif

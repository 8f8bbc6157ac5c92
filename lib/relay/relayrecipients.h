/*
 * relayrecipients: the check of doctor about recipients: whether Postfix
 * takes mail for every source of the rules, and for nobody else. It tells what
 * is wrong by diagnosis_say(), and nothing when all is well. Returns 0,
 * ERR_NOMEM, or what diagnosis->found returned.
 */
#ifndef READDRESS_RELAY_RELAYRECIPIENTS_H
#define READDRESS_RELAY_RELAYRECIPIENTS_H

#include "diagnosis/diagnosis.h"

int relayrecipients_check(struct diagnosis *diagnosis) MUST_CHECK;

#endif

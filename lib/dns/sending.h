/*
 * sending: the checks of dns about what receivers ask the DNS when they get
 * mail of a domain from this relay: SPF, DMARC, and the names of this relay.
 * Each tells what is wrong by diagnosis_say(), and nothing when all is well. Each
 * returns 0, ERR_NOMEM, or what survey->diagnosis.found returned.
 */
#ifndef READDRESS_DNS_SENDING_H
#define READDRESS_DNS_SENDING_H

#include "dns/survey.h"

int sending_check_spf(struct survey *survey) MUST_CHECK;
int sending_check_dmarc(struct survey *survey) MUST_CHECK;
int sending_check_ptr(struct survey *survey) MUST_CHECK;
int sending_check_helo(struct survey *survey) MUST_CHECK;

#endif

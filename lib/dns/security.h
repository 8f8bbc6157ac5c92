/*
 * security: the checks of dns about what a domain promises to those who send
 * mail to it by TLS: MTA-STS, TLS reporting, DANE. Each tells what is wrong by
 * diagnosis_say(), and nothing when all is well. Each returns 0, ERR_NOMEM, or
 * what survey->diagnosis.found returned.
 */
#ifndef READDRESS_DNS_SECURITY_H
#define READDRESS_DNS_SECURITY_H

#include "dns/survey.h"

int security_check_mta_sts(struct survey *survey) MUST_CHECK;
int security_check_tlsrpt(struct survey *survey) MUST_CHECK;
int security_check_dane(struct survey *survey) MUST_CHECK;

#endif

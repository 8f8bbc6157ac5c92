/*
 * dns: what the DNS says about the domains of the rules, and where that loses
 * mail, delays it or makes receivers refuse it.
 */
#ifndef READDRESS_DNS_DNS_H
#define READDRESS_DNS_DNS_H

/*
 * The wing dns/: the checks of `readdress dns`. They ask through a struct
 * reply_source, and so need no network in tests.
 *
 *   observation  what was seen of a domain before, and the file that keeps it
 *   safeafter    from when on a change of MX records is over
 *   spfterm      the terms of an SPF record, and its macros
 *   spf          evaluates an SPF record
 *   policy       DMARC, MTA-STS and TLS reporting
 *   survey       what the checks look at, and how they say what they found
 *   mailpath     MX records, their TTL, and target domains
 *   sending      SPF, DMARC, and the names of this relay
 *   security     MTA-STS, TLS reporting and DANE
 */

#include "dns/survey.h"

/*
 * Looks at one domain: observes its MX records, makes every check in the
 * manual's order and tells what each found: one PASS, or a finding for each
 * thing that is wrong. survey->list is what was seen before, and is set to that
 * and *made, the observation of now (made->count 0: there is none). now is in
 * seconds since 1970. Afterwards survey->unanswered is true if a question got
 * no answer. Returns 0; ERR_NOMEM; or what survey->diagnosis.found returned.
 */
int dns_run(struct survey *survey, int64_t now,
	struct observation *made) MUST_CHECK;

/* The name of a check, static: index counts them in the manual's order, from 0.
 * NULL behind the last. */
const char *dns_check_name(size_t index);

#endif

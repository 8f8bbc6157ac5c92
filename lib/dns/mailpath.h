/*
 * mailpath: the checks of dns about the way of a domain's mail: its MX records,
 * how long they are remembered, and the target domains. Each tells what is
 * wrong by diagnosis_say(), and nothing when all is well. Each returns 0,
 * ERR_NOMEM, or what survey->diagnosis.found returned.
 */
#ifndef READDRESS_DNS_MAILPATH_H
#define READDRESS_DNS_MAILPATH_H

#include "dns/survey.h"

#define MAILPATH_TTL	3600		/* seconds: what is quick enough */
#define MAILPATH_SETTLE INT64_C(604800) /* seven days */

int mailpath_check_mx(struct survey *survey) MUST_CHECK;
int mailpath_check_role(struct survey *survey) MUST_CHECK;
int mailpath_check_ttl(struct survey *survey) MUST_CHECK;
int mailpath_check_safe_after(struct survey *survey) MUST_CHECK;
int mailpath_check_target(struct survey *survey) MUST_CHECK;
int mailpath_check_target_loop(struct survey *survey) MUST_CHECK;

#endif

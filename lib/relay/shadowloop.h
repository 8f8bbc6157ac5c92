/*
 * shadowloop: the checks of doctor about mail for domains of inbound rules that
 * is not rewritten, and whether it comes back to this relay. Each tells what is
 * wrong by diagnosis_say(), and nothing when all is well. Each returns 0,
 * ERR_NOMEM, or what diagnosis->found returned.
 */
#ifndef READDRESS_RELAY_SHADOWLOOP_H
#define READDRESS_RELAY_SHADOWLOOP_H

#include "diagnosis/diagnosis.h"

/* True if the transport, "smtp:[192.0.2.1]", leads elsewhere than to the MX of
 * the domain. */
bool shadowloop_transport_leads(const char *transport);

/* Looks whether an instance without the milter keeps mail for domains of
 * inbound rules to itself. */
int shadowloop_check_elsewhere(struct diagnosis *diagnosis) MUST_CHECK;
int shadowloop_check(struct diagnosis *diagnosis) MUST_CHECK;

#endif

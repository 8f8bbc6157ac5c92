/*
 * chain: the checks of doctor about mail that Postfix hands to its own services
 * or to a filter, and takes back from it. Each tells what is wrong by
 * diagnosis_say(), and nothing when all is well. Each returns 0, ERR_NOMEM, or
 * what diagnosis->found returned.
 */
#ifndef READDRESS_DOCTOR_CHAIN_H
#define READDRESS_DOCTOR_CHAIN_H

#include "diagnosis/diagnosis.h"

/* Looks whether mail that passed the milter is sent to a service of this host
 * that has it, too: a part of milter-twice. */
int chain_check_ends(struct diagnosis *diagnosis) MUST_CHECK;
int chain_check_reinject(struct diagnosis *diagnosis) MUST_CHECK;
int chain_check_maps(struct diagnosis *diagnosis) MUST_CHECK;

/* True if a content filter may hand mail back to the service, which is one on
 * loopback. filtered: FILTER in a table leads to one. A service that has a
 * filter of its own would send the mail there again, and clients who log in are
 * no filters. */
bool chain_takes_back(const struct diagnosis *diagnosis,
	const struct postfix_service *service, bool filtered);

/* Cuts the next hop off a transport: "[127.0.0.1]:10026" off
 * "smtp:[127.0.0.1]:10026". Empty if it has none. */
struct bytes chain_hop(const char *transport);

/* Returns the smtpd of this host that a next hop leads to, or NULL. */
const struct postfix_service *chain_service_at(
	const struct diagnosis *diagnosis, struct bytes hop);

#endif

/*
 * restrictions: what the lists of restrictions of an smtpd do with the mail of
 * a stranger to an address elsewhere (SMTPD_ACCESS_README of Postfix).
 *
 * Tested by tests/unit/doctor/.
 */
#ifndef READDRESS_POSTFIX_RESTRICTIONS_H
#define READDRESS_POSTFIX_RESTRICTIONS_H

#include "postfix/postfix.h"

enum restrictions_verdict {
	RESTRICTIONS_STOPS,   /* a list refuses it */
	RESTRICTIONS_LETS,    /* "permit" comes before what would refuse it */
	RESTRICTIONS_GOES_ON, /* nothing refuses it */
	RESTRICTIONS_BACKUP   /* it passes if its domain has an MX record that
				 names this host: permit_mx_backup without
				 permit_mx_backup_networks */
};

/* Asks for what a table says of all strangers: "OK", "REJECT". restriction is
 * the word before it: "check_client_access". Returns NULL if it says nothing of
 * them, or not of all the same, or if that is not known. */
typedef const char *restrictions_ask(
	void *context, struct bytes restriction, struct bytes table);

/* Judges all lists of the service. One that refuses is enough. ask may be NULL:
 * then check_client_access and the like count as if they said nothing. */
enum restrictions_verdict restrictions_judge(const struct postfix *postfix,
	const struct postfix_service *service, restrictions_ask *ask,
	void *context);

/* True if a list of the service refuses every client but those that it permits
 * by their address or login: nobody else is even heard. */
bool restrictions_close(
	const struct postfix *postfix, const struct postfix_service *service);

#endif

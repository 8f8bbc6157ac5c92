/*
 * ourmilter: what is wrong with our milter where a list of milters has it, so
 * that the list has to be written again. The checks of doctor name the same.
 *
 * The functions use postfix and config of the diagnosis alone.
 */
#ifndef READDRESS_DIAGNOSIS_OURMILTER_H
#define READDRESS_DIAGNOSIS_OURMILTER_H

#include "diagnosis/diagnosis.h"

/* The least milter_protocol, which edits of recipients and headers need, and
 * the least milter_content_timeout, for a message of many recipients. */
#define OURMILTER_PROTOCOL_MIN 6
#define OURMILTER_SECONDS_MIN  60

/* True if the item, which is our milter in a list of the service or in
 * main.cf's for it, does not defer mail when the milter fails, has an old
 * protocol or too little time of its own, or names the socket by a path that
 * the service, in its chroot, does not find. */
bool ourmilter_does_harm(const struct diagnosis *diagnosis,
	const struct postfix_service *service,
	const struct milterlist_item *item);

/* True if a milter that signs stands before ours in smtpd_milters of the
 * service, or one that verifies behind ours, where strangers come; service
 * NULL: in that of main.cf. */
bool ourmilter_is_misplaced(const struct diagnosis *diagnosis,
	const struct postfix_service *service);

#endif

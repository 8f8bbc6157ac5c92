/*
 * eom: the end of a message: decide, apply, report, count, answer.
 */
#ifndef READDRESS_MILTER_EOM_H
#define READDRESS_MILTER_EOM_H

#include <libmilter/mfapi.h>

#include "message.h"
#include "server.h"

/* In xxfi_eom. The verdict: SMFIS_CONTINUE, SMFIS_REJECT (550 5.7.1) or
 * SMFIS_TEMPFAIL (451 4.3.0, or 450 4.7.1). The message is left for the caller
 * to reset. */
sfsistat eom_message(
	struct server *server, SMFICTX *ctx, const struct message *message);

/* Defers the message: log line, counter, 451 4.3.0. reason: NULL for
 * message->failed. */
sfsistat eom_defer(struct server *server, SMFICTX *ctx,
	const struct message *message, const char *reason);

#endif

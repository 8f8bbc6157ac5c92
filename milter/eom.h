/*
 * eom: what happens at the end of a message: it is decided, edited, logged,
 * counted and answered. Tested by tests/unit/milter/test_milter.c.
 */
#ifndef READDRESS_MILTER_EOM_H
#define READDRESS_MILTER_EOM_H

#include <libmilter/mfapi.h>

#include "message.h"
#include "server.h"

/* Must be called in xxfi_eom. Returns SMFIS_CONTINUE, SMFIS_REJECT (550 5.7.1
 * or 552 5.3.4) or SMFIS_TEMPFAIL (451 4.3.0 or 450 4.7.1). The caller must
 * reset the message. */
sfsistat eom_message(
	struct server *server, SMFICTX *ctx, const struct message *message);

/* Defers the message with 451 4.3.0: logs the reason, or message->failed if
 * reason is NULL, and counts the message. Returns SMFIS_TEMPFAIL. */
sfsistat eom_defer(struct server *server, SMFICTX *ctx,
	const struct message *message, const char *reason);

#endif

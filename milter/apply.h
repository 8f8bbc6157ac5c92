/*
 * apply: makes the edits of a decision by libmilter's calls. Tested by
 * tests/unit/milter/test_milter.c.
 */
#ifndef READDRESS_MILTER_APPLY_H
#define READDRESS_MILTER_APPLY_H

#include <libmilter/mfapi.h>

#include "decide/decide.h"
#include "message.h"

/*
 * Makes the calls in this order: deletes, adds, sender, headers. May be called
 * in xxfi_eom only. Returns 0; or ERR_IO, with a text in *error, at the first
 * call that is refused. The message must then be deferred, so that Postfix
 * forgets the edits made before; if it were accepted, it would lack the deleted
 * recipients.
 */
int apply_decision(SMFICTX *ctx, const struct message *message,
	const struct decision *decision, struct error *error) MUST_CHECK;

#endif

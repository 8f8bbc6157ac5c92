/*
 * apply: the edits of a decision, as libmilter calls.
 */
#ifndef READDRESS_MILTER_APPLY_H
#define READDRESS_MILTER_APPLY_H

#include <libmilter/mfapi.h>

#include "decide/decide.h"
#include "message.h"

/*
 * In xxfi_eom alone. Makes the calls in this order: deletes, adds, sender,
 * headers. Stops at the first one that is refused and returns ERR_IO with its
 * name in error. The message must then be deferred, and Postfix forgets what
 * was done until then; accepted, it would lack the recipients deleted.
 */
int apply_decision(SMFICTX *ctx, const struct message *message,
	const struct decision *decision, struct error *error) MUST_CHECK;

#endif

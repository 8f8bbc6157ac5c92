/*
 * apply: the edits of a decision, as libmilter calls.
 */
#ifndef READDRESS_MILTER_APPLY_H
#define READDRESS_MILTER_APPLY_H

#include <libmilter/mfapi.h>

#include "decide.h"
#include "message.h"

/*
 * In xxfi_eom alone. Adds, deletes, sender, headers, in this order; stops at
 * the first call that is refused and returns ERR_IO with its name in error.
 * What was done until then Postfix forgets when the message is deferred.
 */
int apply_decision(SMFICTX *ctx, const struct message *message,
	const struct decision *decision, struct error *error) MUST_CHECK;

#endif

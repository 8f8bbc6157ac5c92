/*
 * proof: looks for outbound_required_headers in a message. They prove that it
 * comes from a sender of this relay and not from another customer of the same
 * cloud. A required header that was never seen with its value in any message
 * may be a typing error in the configuration.
 */
#ifndef READDRESS_DECIDE_PROOF_H
#define READDRESS_DECIDE_PROOF_H

#include "base/arena.h"
#include "decide/decision.h"

/* True if the header is one that outbound_required_headers names. */
bool proof_names(const struct config *config, struct bytes name);

/*
 * Looks for the required headers. The message is proven if it has one of them
 * with its value, and no header of a listed name with another value. Adds to
 * found and found_count of *proof, and sets right, which lives in arena, if the
 * message is proven. *proof must be 0 before.
 *
 * Returns 1 if the message is proven, 0 if it is not, or ERR_NOMEM.
 */
int proof_find(const struct config *config,
	const struct decide_message *message, struct arena *arena,
	struct decision_proof *proof) MUST_CHECK;

/* True if both have the same name and the same value, apart from ASCII case. */
bool proof_is_same(
	const struct config_required *a, const struct config_required *b);

/* Sets unseen and unseen_count of *proof from seen, which is like
 * decide_message.required_seen. *proof must not have them set before. */
void proof_find_unseen(const struct config *config, const bool *seen,
	struct decision_proof *proof);

#endif

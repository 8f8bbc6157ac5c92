/*
 * proof: outbound_required_headers. They prove that a message comes from a
 * sender of this relay and not from another customer of the same cloud, and
 * once each of them was seen right, that the list holds no typing error.
 */
#ifndef READDRESS_DECIDE_PROOF_H
#define READDRESS_DECIDE_PROOF_H

#include "base/arena.h"
#include "decide/decision.h"

/* True if the header is one that outbound_required_headers names. */
bool proof_names(const struct config *config, struct bytes name);

/*
 * Looks for the required headers. Sets right and found of *proof; right lives
 * in arena. The message is proven when it has one of them with its value, and
 * no header of a listed name with another value. Returns 1 when it is proven,
 * 0 when it is not (then right is NULL), ERR_NOMEM.
 */
int proof_find(const struct config *config,
	const struct decide_message *message, struct arena *arena,
	struct decision_proof *proof) MUST_CHECK;

/* True if both ask for the same: name and value, whatever their ASCII case. */
bool proof_is_same(
	const struct config_required *a, const struct config_required *b);

/* Sets unseen and unseen_count of *proof: which headers of the list were never
 * seen right. seen: as decide_message.required_seen. */
void proof_find_unseen(const struct config *config, const bool *seen,
	struct decision_proof *proof);

#endif

/*
 * uses: adds what a message used to a delta. Tested by
 * tests/unit/usage/test_uses.c.
 */
#ifndef READDRESS_USAGE_USES_H
#define READDRESS_USAGE_USES_H

#include "usage/delta.h"

/*
 * Adds an accepted message, or one that was refused for want of a required
 * header. Counts each rule that was used once, each address that only a rule
 * for its domain served, each leak that the decision keeps, the domain of the
 * sender if the message is inbound and a recipient had a rule, and the
 * message's day, once for each table that it was looked up in. A message that
 * was decided when it first came adds nothing.
 */
void uses_record(struct delta *delta, const struct config *config,
	const struct decide_message *message, const struct decision *decision,
	int64_t now);

/* Returns the name of a result: "rewritten", "unchanged", "shadow", "refused".
 */
const char *uses_result_name(enum usage_result result);

#endif

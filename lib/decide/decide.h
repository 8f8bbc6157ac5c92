/*
 * decide: lists the edits of a message, given its direction, its envelope, its
 * headers and a map. It does no I/O but reading the map, and it changes nothing
 * that it is given. The milter and `readdress rewrite` both call it.
 */
#ifndef READDRESS_DECIDE_DECIDE_H
#define READDRESS_DECIDE_DECIDE_H

/*
 * The wing decide/: decides what happens to a message, and why. decide() finds
 * the edits of the envelope first, then those of the headers, then the leaks.
 *
 *   context     what the parts of a decision share
 *   decision    the types: what is known of a message, and what was decided
 *   direction   inbound or outbound
 *   proof       outbound_required_headers
 *   outcome     what the rules make of one address
 *   resolved    an address as it came, or as Postfix resolved it
 *   envelope    sender and recipients, and what became of them
 *   recipients  the net difference of recipients
 *   lookalike   recipients that Postfix would treat as duplicates
 *   leak        internal addresses that leave
 *   headers     address headers
 *
 * Why the edits look as they do:
 *
 * - Recipients are compared as sets of keys before and after. A key that is in
 *   both sets is neither deleted nor added, and keeps the client's spelling.
 *   Only if the recipients that are rewritten to it ask for another NOTIFY is
 *   it deleted, in each spelling that came, and added again, in the first.
 * - Deletes come before adds. Postfix's own tables (canonical_maps,
 *   masquerading, append_dot_mydomain) rewrite an added recipient, and Postfix
 *   drops it as a duplicate if it holds the result already. If the result were
 *   deleted afterwards, nobody would get the message, after 250. A delete
 *   removes the recipient from Postfix's filter of duplicates, so a later add
 *   is accepted. It is also faster, since each delete reads the whole envelope
 *   with everything that was added before. Between the
 *   deletes and the adds the message has too few recipients, so
 *   milter_default_action must be tempfail (or shutdown).
 * - Headers are spliced, not regenerated: the new value is the old one with the
 *   addresses replaced, and a line folded that would become too long.
 */

#include "base/arena.h"
#include "decide/decision.h"
#include "map/map.h"

struct decide_input {
	const struct config *config;
	const struct map *map;
	enum decision_direction direction; /* from direction_find(), or chosen
					      by the caller */
	enum decision_why why;		   /* from direction_find(), or
						 DECISION_WHY_COMMAND */
	const struct decide_message *message;
};

/*
 * Makes the decision. *decision points into arena, message and map, and is
 * valid as long as all three are.
 *
 * Returns 0, or a negative error with its text in *error: ERR_NOMEM if memory
 * or the arena's limit is exhausted, ERR_IO or ERR_BAD if the map cannot be
 * read, ERR_BAD also if Postfix would confuse two recipients that the rules
 * tell apart (lookalike.h). After an error the message must be deferred.
 */
int decide(const struct decide_input *input, struct arena *arena,
	struct decision *decision, struct error *error) MUST_CHECK;

/*
 * Returns 1 if the map newer has an inbound rule for a recipient of the message
 * for which input->map has none, and recipients are looked up; 0 if not; or
 * ERR_NOMEM; or ERR_IO or ERR_BAD if a map cannot be read. Takes memory beside
 * the arena, and gives it back.
 *
 * Postfix asks the look-up service for each recipient, by the map in force
 * then. One that was put in force after MAIL may be the first with a rule for a
 * recipient. By the older map the recipient, which was accepted for this rule,
 * would be left as it is, and the message would come back to this relay.
 */
int decide_needs_newer(const struct decide_input *input,
	const struct map *newer, struct arena *arena) MUST_CHECK;

#endif

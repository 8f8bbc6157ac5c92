/*
 * outcome: what the rules make of one address. Senders, recipients, headers and
 * `readdress lookup` all ask here.
 */
#ifndef READDRESS_DECIDE_OUTCOME_H
#define READDRESS_DECIDE_OUTCOME_H

#include "decide/context.h"

struct outcome_target {
	struct bytes text; /* the address in RFC 5321's form; NUL follows it */
	struct bytes key;
	bool keeps_local;
	struct bytes domain; /* the last part of text */
};

struct outcome {
	enum decision_result result; /* REWRITTEN, UNCHANGED, EXCEPTION, LEFT */
	enum decision_reason reason; /* of LEFT and UNPARSABLE */
	struct bytes key;	     /* of the address; len 0 if it has none */
	struct bytes rule; /* key of the rule; len 0 if no rule matches */
	enum rule_kind kind;
	/* At least one if the result is REWRITTEN, or if it is UNCHANGED
	 * because the address is the rule's only target. */
	struct outcome_target *targets;
	size_t target_count;
};

/*
 * Looks up an address of that field. Its result is
 * - LEFT if it is a recipient and what the new local part keeps of it contains
 *   '%', '!' or '@',
 * - LEFT if the new address would be longer than 254 octets (RFC 5321,
 *   4.5.3.1.3),
 * - LEFT if the new local part would be UTF-8 in a message without SMTPUTF8; a
 *   local part that a header keeps does not count,
 * - UNCHANGED if the address is the rule's only target.
 * Of a rule's targets, a header gets the first one only.
 *
 * Uses config, reader, message->smtputf8 and arena of the context; everything
 * that *outcome points to lives in that arena. Returns 0; or ERR_NOMEM; or
 * ERR_IO or ERR_BAD if the map cannot be read.
 */
int outcome_find(const struct decide_context *context, enum rule_table table,
	const struct mailbox *mailbox, enum decision_field field,
	struct outcome *outcome) MUST_CHECK;

/* Joins the texts of the targets with ",". *joined is valid as long as the
 * outcome and the arena. Returns 0 or ERR_NOMEM. */
int outcome_join(struct arena *arena, const struct outcome *outcome,
	struct bytes *joined) MUST_CHECK;

/* Counts the outcome of the address old, and appends it to decision->findings
 * if explain or its result asks for that. old must live as long as the
 * decision, and so must what the outcome of a sender or a recipient points to;
 * the outcome of a header's address is copied. Returns 0 or ERR_NOMEM. */
int outcome_note(struct decide_context *context, enum decision_field field,
	size_t index, struct bytes old, enum rule_table table,
	const struct outcome *outcome) MUST_CHECK;

/* Must be called after the last address of a header. Merges the header's
 * findings beyond DECISION_FINDINGS into those of earlier headers with the same
 * name, result and reason. */
void outcome_fold(struct decide_context *context, size_t index);

/*
 * Sets *outcome to UNPARSABLE, with that reason, for a text that is not an
 * address. If the text contains "@" and the domain of a source in the table
 * (U-labels, A-labels and case make no difference), the reason becomes
 * DECISION_REASON_UNREAD instead: it may be an address that should have been
 * rewritten. Returns 0; or ERR_NOMEM; or ERR_IO or ERR_BAD if the map cannot be
 * read.
 */
int outcome_unread(const struct decide_context *context, enum rule_table table,
	struct bytes text, enum decision_reason reason,
	struct outcome *outcome) MUST_CHECK;

#endif

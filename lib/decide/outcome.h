/*
 * outcome: what the rules make of one address: the one answer for senders,
 * recipients and headers, and for `readdress lookup`.
 */
#ifndef READDRESS_DECIDE_OUTCOME_H
#define READDRESS_DECIDE_OUTCOME_H

#include "decide/context.h"

struct outcome_target {
	struct bytes text; /* as it is written: RFC 5321, NUL behind it */
	struct bytes key;
	bool keeps_local;
	struct bytes domain; /* the end of text */
};

struct outcome {
	enum decision_result result; /* REWRITTEN, UNCHANGED, EXCEPTION, LEFT */
	enum decision_reason reason; /* of LEFT and UNPARSABLE */
	struct bytes key;  /* of the address; len 0 when it has none */
	struct bytes rule; /* key of the rule; len 0 when none holds */
	enum rule_kind kind;
	/* When REWRITTEN, and when UNCHANGED because the rule makes nothing of
	 * the address but itself: at least one. */
	struct outcome_target *targets;
	size_t target_count;
};

/*
 * Looks the address up, which stands in that field. It is LEFT when it is a
 * recipient whose kept local part or extension holds '%', '!' or '@'; when it
 * would be longer than 254 octets; and when it would have a UTF-8 local part in
 * a message without SMTPUTF8 (a local part that a header keeps is no reason).
 * It is UNCHANGED when the rule makes nothing of it but itself. For a header,
 * the first target is the only one. Uses config, reader, message->smtputf8 and
 * arena of the context; everything lives in the arena. 0 or a negative error.
 */
int outcome_find(const struct decide_context *context, enum rule_table table,
	const struct mailbox *mailbox, enum decision_field field,
	struct outcome *outcome) MUST_CHECK;

/* The texts of the targets, joined with ",". *joined lives as long as they and
 * the arena. 0 or ERR_NOMEM. */
int outcome_join(struct arena *arena, const struct outcome *outcome,
	struct bytes *joined) MUST_CHECK;

/* Counts what the verdict says of the address old, and appends it to
 * decision->findings where it is to be kept (see explain, keep_all). old
 * must live as long as the decision; so must the verdict, but for that of a
 * header, of which copies are made. 0 or ERR_NOMEM. */
int outcome_note(struct decide_context *context, enum decision_field field,
	size_t index, struct bytes old, enum rule_table table,
	const struct outcome *outcome) MUST_CHECK;

/* The header of that index is over: its findings beyond DECISION_FINDINGS go to
 * those of the headers before it that have the same name, result and reason. */
void outcome_fold(struct decide_context *context, size_t index);

/*
 * Fills *verdict for a text that is no address, for that reason: UNPARSABLE. If
 * the text holds an "@domain" that a rule of the table names as the domain of
 * its source (U-labels, A-labels and case make no difference), the reason
 * becomes DECISION_REASON_UNREAD, for it may be an address that was to be
 * rewritten. 0, or an error of map_domain_roles.
 */
int outcome_unread(const struct decide_context *context, enum rule_table table,
	struct bytes text, enum decision_reason reason,
	struct outcome *outcome) MUST_CHECK;

#endif

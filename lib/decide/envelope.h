/*
 * envelope: decides about MAIL FROM and RCPT TO, and remembers what became of
 * their addresses, for headers with the same ones: most messages name their
 * recipients in To. Called by decide and headers alone.
 *
 * Sets sender, adds, deletes, findings and counts of the decision; they point
 * into the context's arena and into the message. In shadow mode sender, adds
 * and deletes stay empty, and decision->shadow is set instead.
 *
 * The functions that decide return 0; or ERR_NOMEM; or ERR_IO or ERR_BAD if the
 * map cannot be read, with no text in the context's error.
 */
#ifndef READDRESS_DECIDE_ENVELOPE_H
#define READDRESS_DECIDE_ENVELOPE_H

#include "decide/context.h"
#include "decide/outcome.h"

/* Applies the outbound table to the sender of an outbound message. The null
 * sender stays as it is. */
int envelope_sender(struct decide_context *context) MUST_CHECK;

/*
 * Applies the inbound table to the recipients. Adds and deletes are the
 * difference of the two sets of keys, so that a recipient which is in both
 * stays as it is.
 *
 * Also returns ERR_BAD, with the context's error set, if Postfix would confuse
 * two recipients that the rules tell apart (lookalike.h); not in shadow mode.
 */
int envelope_recipients(struct decide_context *context) MUST_CHECK;

/* Returns an empty memory for so many addresses, in the arena, or NULL if
 * memory is exhausted. */
struct envelope_memory *envelope_memory_make(
	struct arena *arena, size_t addresses) MUST_CHECK;

/*
 * Remembers the outcome of a sender or a recipient, unless that of the same
 * address in a header could differ: if it was left, or has several targets. It
 * may push out another one. What the outcome points to must live as long as the
 * arena of the context. Returns 0 or ERR_NOMEM.
 */
int envelope_remember(const struct decide_context *context,
	enum rule_table table, const struct mailbox *mailbox,
	const struct outcome *outcome) MUST_CHECK;

/* Sets *outcome to what outcome_find() would find for the address in a header,
 * if it is remembered. Returns false if not. */
bool envelope_recall(const struct decide_context *context,
	enum rule_table table, const struct mailbox *mailbox,
	struct outcome *outcome) MUST_CHECK;

#endif

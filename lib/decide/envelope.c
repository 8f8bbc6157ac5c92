#include "decide/envelope.h"

#include "mail/dsn.h"
#include "decide/outcome.h"
#include "decide/recipients.h"
#include "decide/resolved.h"

#define MEMORY_MIN 16
#define MEMORY_MAX 4096 /* a power of two */

struct envelope_known {
	enum rule_table table;
	struct bytes local; /* of a mailbox; the domain follows it */
	struct bytes domain;
	struct outcome outcome;
};

/* Each address has one place, where the last one of those that share it is. */
struct envelope_memory {
	size_t mask;
	struct envelope_known *places[];
};

struct envelope_memory *envelope_memory_make(
	struct arena *arena, size_t addresses)
{
	size_t room = MEMORY_MIN;
	struct envelope_memory *all;

	while (room < MEMORY_MAX && room / 4 < addresses)
		room *= 2;
	all = arena_alloc(arena, sizeof *all + room * sizeof *all->places);
	if (!all)
		return NULL;
	all->mask = room - 1;
	memset(all->places, 0, room * sizeof *all->places);
	return all;
}

/* An FNV-1a hash of the local part alone: most recipients share a domain. */
static struct envelope_known **place(
	struct envelope_memory *all, const struct mailbox *mailbox)
{
	uint32_t hash = UINT32_C(0x811c9dc5);

	for (size_t i = 0; i < mailbox->local_len; i++)
		hash = (hash ^ (unsigned char)mailbox->local[i]) *
		       UINT32_C(0x01000193);
	return &all->places[(hash ^ hash >> 16) & all->mask];
}

int envelope_remember(const struct decide_context *context,
	enum rule_table table, const struct mailbox *mailbox,
	const struct outcome *outcome)
{
	size_t local = mailbox->local_len;
	struct envelope_known *known;
	char *text;

	if (outcome->result == DECISION_LEFT || outcome->target_count > 1)
		return 0;
	known = arena_alloc(context->arena, sizeof *known);
	text = arena_bytes(context->arena, local + mailbox->domain_len);
	if (!known || !text)
		return ERR_NOMEM;
	memcpy(text, mailbox->local, local);
	memcpy(text + local, mailbox->domain, mailbox->domain_len);
	*known = (struct envelope_known){ table, { text, local },
		{ text + local, mailbox->domain_len }, *outcome };
	*place(context->memory, mailbox) = known;
	return 0;
}

bool envelope_recall(const struct decide_context *context,
	enum rule_table table, const struct mailbox *mailbox,
	struct outcome *outcome)
{
	const struct envelope_known *known = *place(context->memory, mailbox);

	if (!known || known->table != table ||
		!bytes_equal(known->local,
			(struct bytes){ mailbox->local, mailbox->local_len }) ||
		!bytes_equal(known->domain,
			(struct bytes){ mailbox->domain, mailbox->domain_len }))
		return false;
	*outcome = known->outcome;
	return true;
}

static int note_unparsable(struct decide_context *context,
	enum decision_field field, size_t index, struct bytes old,
	enum rule_table table)
{
	struct outcome none;
	int result = outcome_unread(
		context, table, old, DECISION_REASON_NO_ADDRESS, &none);

	return result < 0
		       ? result
		       : outcome_note(context, field, index, old, table, &none);
}

int envelope_sender(struct decide_context *context)
{
	const struct decide_message *message = context->message;
	struct mailbox mailbox;
	struct outcome outcome;
	struct bytes spelt;
	int result;

	if (!message->sender)
		return 0;
	result = resolved_mailbox(
		message->sender, message->sender_resolved, &mailbox, &spelt);
	if (result < 0)
		return result;
	if (!bytes_trim(spelt, " \t").len)
		return 0; /* the null sender */
	if (!result)
		return note_unparsable(
			context, DECISION_SENDER, 0, spelt, RULE_OUTBOUND);
	result = outcome_find(
		context, RULE_OUTBOUND, &mailbox, DECISION_SENDER, &outcome);
	if (!result)
		result = envelope_remember(
			context, RULE_OUTBOUND, &mailbox, &outcome);
	if (result < 0)
		return result;
	if (outcome.result == DECISION_REWRITTEN) {
		if (decision_in_shadow(context->config, RULE_OUTBOUND))
			context->decision->shadow = true;
		else
			context->decision->sender =
				outcome.targets[0].text.data;
	}
	return outcome_note(
		context, DECISION_SENDER, 0, spelt, RULE_OUTBOUND, &outcome);
}

/* Adds the addresses that the recipient is rewritten to, or the recipient
 * itself, to all->after. */
static int add_after(struct decide_context *context, struct recipients *all,
	const struct recipients_before *before, const struct outcome *outcome,
	const char *orcpt)
{
	size_t count = before->rewritten ? outcome->target_count : 1;

	for (size_t i = 0; i < count; i++) {
		struct recipients_after *after = recipients_new(context, all);

		if (!after)
			return ERR_NOMEM;
		after->recipient = before->recipient;
		after->held = false;
		after->orcpt = orcpt;
		after->key = before->rewritten ? outcome->targets[i].key
					       : before->key;
		after->text = before->rewritten ? outcome->targets[i].text.data
						: NULL;
	}
	return 0;
}

/* Sets *orcpt to the client's ORCPT as a milter hands it to Postfix, or to NULL
 * if there is none. An ORCPT with a blank or a control character in it, which
 * Postfix does not let through, counts as none. Returns 0 or ERR_NOMEM. */
static int given_orcpt(const struct decide_context *context,
	const struct decide_recipient *recipient, const char **orcpt)
{
	*orcpt = NULL;
	for (const char *c = recipient->orcpt; c && *c; c++)
		if ((unsigned char)*c <= 0x20 || *c == 0x7f)
			return 0;
	if (!recipient->orcpt)
		return 0;
	*orcpt = dsn_orcpt_for_milter(context->arena, recipient->orcpt);
	return *orcpt ? 0 : ERR_NOMEM;
}

/* Makes the ORCPT of a recipient for which the client gave none. Returns NULL
 * if memory is exhausted. */
static const char *made_orcpt(const struct decide_context *context,
	const struct mailbox *mailbox, struct bytes spelt)
{
	const char *orcpt = dsn_orcpt(context->arena, mailbox, spelt);

	return orcpt ? dsn_orcpt_for_milter(context->arena, orcpt) : NULL;
}

/* Looks up one recipient, and adds it to all->before and its new addresses to
 * all->after. */
static int look_up(
	struct decide_context *context, struct recipients *all, size_t index)
{
	const struct decide_recipient *recipient =
		&context->message->recipients[index];
	struct recipients_before *before = &all->before[all->before_count];
	struct mailbox mailbox;
	struct outcome outcome;
	const char *orcpt;
	int result = resolved_mailbox(recipient->address, recipient->resolved,
		&mailbox, &before->spelt);

	/* The empty string is not an address, whatever Postfix resolves it to:
	 * it could not be deleted. */
	if (!result || (result > 0 && !before->spelt.len))
		return note_unparsable(context, DECISION_RECIPIENT, index,
			before->spelt, RULE_INBOUND);
	if (result > 0)
		result = outcome_find(context, RULE_INBOUND, &mailbox,
			DECISION_RECIPIENT, &outcome);
	if (!result)
		result = envelope_remember(
			context, RULE_INBOUND, &mailbox, &outcome);
	if (result < 0)
		return result;
	result = outcome_note(context, DECISION_RECIPIENT, index, before->spelt,
		RULE_INBOUND, &outcome);
	if (result < 0 || !outcome.key.len)
		return result;
	if (given_orcpt(context, recipient, &orcpt) < 0)
		return ERR_NOMEM;
	before->key = outcome.key;
	before->orcpt = orcpt;
	before->recipient = index;
	before->rewritten = outcome.result == DECISION_REWRITTEN;
	all->before_count++;
	if (!orcpt) {
		orcpt = made_orcpt(context, &mailbox, before->spelt);
		if (!orcpt)
			return ERR_NOMEM;
	}
	return add_after(context, all, before, &outcome, orcpt);
}

int envelope_recipients(struct decide_context *context)
{
	struct recipients all = { 0 };
	int result;

	all.before = arena_array(context->arena,
		context->message->recipient_count, sizeof *all.before);
	if (!all.before)
		return ERR_NOMEM;
	for (size_t i = 0; i < context->message->recipient_count; i++) {
		result = look_up(context, &all, i);
		if (result < 0)
			return result;
	}
	result = recipients_difference(context, &all);
	if (result != ERR_NOMEM &&
		decision_in_shadow(context->config, RULE_INBOUND)) {
		struct decision *decision = context->decision;

		result = 0;
		if (decision->add_count || decision->delete_count)
			decision->shadow = true;
		decision->add_count = 0;
		decision->delete_count = 0;
	}
	return result;
}

#include "decide/leak.h"

#include "decide/outcome.h"
#include "decide/resolved.h"
#include "mail/addrlist.h"
#include "mail/postfixfold.h"
#include "mail/unread.h"

/* The sender or one header, while it is searched. */
struct source {
	enum decision_leak_field field;
	struct bytes header; /* its name; empty if field says it */
	struct bytes value;
	enum decision_field where;
	bool edited; /* the decision has a new value for it */
};

static const char *const names[DECISION_LEAK_FIELDS] = {
	[DECISION_LEAK_FROM] = "from",
	[DECISION_LEAK_SENDER] = "sender",
	[DECISION_LEAK_REPLY_TO] = "reply-to",
	[DECISION_LEAK_DISPOSITION] = "disposition-notification-to",
	[DECISION_LEAK_RECEIPT] = "return-receipt-to",
	[DECISION_LEAK_RESENT_FROM] = "resent-from",
	[DECISION_LEAK_RESENT_SENDER] = "resent-sender",
	[DECISION_LEAK_TO] = "to",
	[DECISION_LEAK_CC] = "cc",
	[DECISION_LEAK_OTHER] = "other",
};

const char *leak_field_name(enum decision_leak_field field)
{
	return field < DECISION_LEAK_FIELDS ? names[field] : "";
}

static enum decision_leak_field field_of(struct bytes header)
{
	enum decision_leak_field field = DECISION_LEAK_FROM;

	while (field < DECISION_LEAK_OTHER &&
		!bytes_equal_nocase(bytes_of(names[field]), header))
		field++;
	return field;
}

/* True if the decision so far allows for a leak. */
static bool is_possible(const struct decide_context *context)
{
	const struct decision *decision = context->decision;
	const uint64_t *sender = decision->counts[DECISION_SENDER];
	const uint64_t *header = decision->counts[DECISION_HEADER];

	if (!map_rows(map_reader_map(context->reader), RULE_OUTBOUND))
		return false;
	return decision->direction == DECISION_INBOUND ||
	       decision_in_shadow(context->config, RULE_OUTBOUND) ||
	       sender[DECISION_LEFT] || sender[DECISION_UNPARSABLE] ||
	       header[DECISION_LEFT] || header[DECISION_UNPARSABLE];
}

/* True if the address has no domain: Postfix completes it with its own. */
static bool is_bare(struct bytes spelt)
{
	for (size_t i = 0; i < spelt.len; i++)
		if (spelt.data[i] && strchr("@%!", spelt.data[i]))
			return false;
	return true;
}

/* The domain that was looked at last, as in a key: the recipients of a message
 * often share one. */
struct inside {
	char key[ADDRESS_KEY_MAX];
	size_t len; /* 0: none; a domain in it is inside */
};

/* True if the recipient's address, by its bytes alone, is in that domain. */
static bool is_plainly_inside(
	const struct decide_recipient *recipient, const struct inside *inside)
{
	struct bytes spelt = postfixfold_path(recipient->address);
	struct bytes domain = spelt;
	struct bytes key = { inside->key, inside->len };
	struct bytes local = bytes_cut(&domain, '@');

	return key.len && local.len && bytes_equal_nocase(domain, key) &&
	       address_plain_len(local) == local.len &&
	       bytes_are_ascii(spelt) &&
	       (!recipient->resolved ||
		       bytes_equal(spelt, bytes_of(recipient->resolved)));
}

/* Returns 1 if the recipient is outside, 0 if not, or a negative error. An
 * address without a domain is this host's own. */
static int is_outside(const struct decide_context *context,
	const struct decide_recipient *recipient, struct inside *inside)
{
	struct mailbox mailbox;
	struct bytes spelt;
	char key[ADDRESS_KEY_MAX];
	unsigned roles = 0;
	size_t len;
	int result;

	if (is_plainly_inside(recipient, inside))
		return 0;
	result = resolved_mailbox(
		recipient->address, recipient->resolved, &mailbox, &spelt);
	if (result <= 0 || is_bare(spelt))
		return result < 0 ? result : 0;
	result = address_domain_key(mailbox.domain, mailbox.domain_len, key);
	if (result < 0)
		return result == ERR_BAD ? 1 : result;
	len = (size_t)result;
	if (len == inside->len && !memcmp(key, inside->key, len))
		return 0;
	/* Most recipients are in a domain of inbound rules, and one question
	 * finds that. */
	result = map_names_domain(context->reader, (struct bytes){ key, len });
	if (!result)
		result = map_domain_roles(
			context->reader, (struct bytes){ key, len }, &roles);
	else if (result == 1)
		roles = MAP_ROLE_INBOUND;
	if (result < 0 || !roles)
		return result < 0 ? result : 1;
	memcpy(inside->key, key, len);
	inside->len = len;
	return 0;
}

static int has_outsider(const struct decide_context *context)
{
	const struct decide_message *message = context->message;
	struct inside inside;
	int result = 0;

	inside.len = 0;
	for (size_t i = 0; !result && i < message->recipient_count; i++)
		result = is_outside(context, &message->recipients[i], &inside);
	return result;
}

/* True if the outbound table would rewrite the address, or has a rule for it
 * that cannot be applied. */
static bool has_rule(const struct outcome *outcome)
{
	return outcome->result == DECISION_REWRITTEN ||
	       outcome->result == DECISION_LEFT;
}

static bool is_known(const struct decision *decision,
	const struct source *source, struct bytes key)
{
	for (size_t i = 0; i < decision->leak_count; i++) {
		const struct decision_leak *leak = &decision->leaks[i];

		if (leak->field == source->field &&
			bytes_equal_nocase(leak->header, source->header) &&
			bytes_equal(leak->key, key))
			return true;
	}
	return false;
}

/* Adds the address to the leaks unless it is one already. Returns 1 if the
 * address and the outcome's key must stay in the arena, 0 if not. */
static int note(struct decide_context *context, const struct source *source,
	struct bytes address, struct bytes key)
{
	struct decision *decision = context->decision;

	if (is_known(decision, source, key))
		return 0;
	decision->leak_total++;
	decision->leak_fields |= 1u << source->field;
	if (decision->leak_count == DECISION_LEAKS)
		return 0;
	decision->leaks[decision->leak_count++] =
		(struct decision_leak){ source->field, source->header, address,
			key };
	return 1;
}

/* Returns 1 if the edit of an inbound message's header rewrote this address, 0
 * if not, or a negative error. */
static int is_changed(
	const struct decide_context *context, const struct mailbox *mailbox)
{
	struct outcome outcome;
	int result = outcome_find(
		context, RULE_INBOUND, mailbox, DECISION_HEADER, &outcome);

	return result < 0 ? result : outcome.result == DECISION_REWRITTEN;
}

/* Looks for a leak in an address. */
static int look_at(struct decide_context *context, const struct source *source,
	const struct mailbox *mailbox, struct bytes address)
{
	struct arena_mark mark = arena_mark(context->arena);
	struct outcome outcome;
	int result = outcome_find(
		context, RULE_OUTBOUND, mailbox, source->where, &outcome);

	if (result < 0)
		return result;
	if (has_rule(&outcome) && source->edited) {
		if (context->decision->direction == DECISION_INBOUND)
			result = is_changed(context, mailbox);
		else
			result = outcome.result == DECISION_REWRITTEN;
		if (result < 0)
			return result;
	}
	if (!result && has_rule(&outcome))
		result = note(context, source, address, outcome.key);
	else
		result = 0;
	if (!result)
		arena_rewind(context->arena, mark);
	return result < 0 ? result : 0;
}

/* Looks up the first len bytes of a text that looks like an address. */
static int look_at_prefix(struct decide_context *context,
	const struct source *source, const struct unread *unread, size_t len,
	bool *found)
{
	struct arena_mark mark = arena_mark(context->arena);
	struct mailbox mailbox = { .local_len = 0 };
	struct outcome outcome;
	int result = 0;

	*found = false;
	if (unread->at)
		result = address_parse(unread->text, len, &mailbox, NULL);
	if (!unread->at || result < 0) {
		mailbox.local_len = 0;
		mailbox.domain_len = len - unread->at - 1;
		memcpy(mailbox.domain, unread->text + unread->at + 1,
			mailbox.domain_len);
	}
	result = outcome_find(
		context, RULE_OUTBOUND, &mailbox, source->where, &outcome);
	*found = !result && has_rule(&outcome);
	if (*found) {
		char *copy = arena_copy(context->arena, unread->text, len);

		result =
			copy ? note(context, source,
				       (struct bytes){ copy, len }, outcome.key)
			     : ERR_NOMEM;
	}
	if (!result)
		arena_rewind(context->arena, mark);
	return result < 0 ? result : 0;
}

/* Looks for leaks in a text that is not an address, but may contain some. */
static int look_into(struct decide_context *context,
	const struct source *source, struct bytes text)
{
	struct unread unread;
	int result = 0;

	while (!result && unread_next(&text, &unread)) {
		bool found = false;

		for (unsigned i = 0; !result && !found && i < unread.len_count;
			i++)
			result = look_at_prefix(context, source, &unread,
				unread.len[i], &found);
	}
	return result;
}

static int look_at_sender(struct decide_context *context)
{
	const struct decide_message *message = context->message;
	struct source source = { .field = DECISION_LEAK_FROM,
		.where = DECISION_SENDER };
	struct mailbox mailbox;
	struct bytes spelt;
	int result;

	if (!message->sender || context->decision->sender)
		return 0;
	result = resolved_mailbox(
		message->sender, message->sender_resolved, &mailbox, &spelt);
	if (result < 0 || !spelt.len)
		return result < 0 ? result : 0;
	return result ? look_at(context, &source, &mailbox, spelt)
		      : look_into(context, &source, spelt);
}

/* Returns the address as a log line shows it, without the comments and folds
 * that it may contain. data is NULL if memory is exhausted. */
static struct bytes shown(struct decide_context *context,
	const struct addrlist_element *element, struct bytes value,
	const struct mailbox *mailbox)
{
	struct bytes raw = { value.data + element->addr_spec.off,
		element->addr_spec.len };
	char text[ADDRESS_TEXT_MAX];
	int len;

	if (!(element->flags & ADDRLIST_ELEMENT_BROKEN))
		return raw;
	len = address_format(mailbox, text);
	if (len < 0)
		return raw;
	raw.data = arena_copy(context->arena, text, (size_t)len);
	raw.len = (size_t)len;
	return raw;
}

static int look_at_header(
	struct decide_context *context, const struct source *source)
{
	struct addrlist_iter iter;
	struct addrlist_element element;
	int result = 0;

	addrlist_iter_init(&iter, source->value);
	while (!result && addrlist_next(&iter, &element)) {
		bool bad = element.flags & ADDRLIST_ELEMENT_BAD;
		struct span span = bad ? element.element : element.addr_spec;
		struct bytes text = { source->value.data + span.off, span.len };
		struct mailbox mailbox;

		if (!bad)
			bad = addrlist_mailbox(
				      source->value, &element, &mailbox) < 0;
		if (bad) {
			result = look_into(context, source, text);
			continue;
		}
		text = shown(context, &element, source->value, &mailbox);
		result = text.data ? look_at(context, source, &mailbox, text)
				   : ERR_NOMEM;
	}
	return result;
}

static int look_at_headers(struct decide_context *context)
{
	const struct decide_message *message = context->message;
	const struct decision *decision = context->decision;
	size_t edit = 0;
	int result = 0;

	for (size_t i = 0; !result && i < message->header_count; i++) {
		const struct decide_header *header = &message->headers[i];
		struct source source = { .header = header->name,
			.value = header->value,
			.where = DECISION_HEADER };

		if (!config_list_has_nocase(
			    &context->config->outbound_headers, header->name))
			continue;
		while (edit < decision->header_count &&
			decision->headers[edit].index < i)
			edit++;
		source.edited = edit < decision->header_count &&
				decision->headers[edit].index == i;
		source.field = field_of(header->name);
		if (source.field < DECISION_LEAK_OTHER)
			source.header = (struct bytes){ NULL, 0 };
		result = look_at_header(context, &source);
	}
	return result;
}

int leak_find(struct decide_context *context)
{
	struct decision *decision = context->decision;
	int result;

	if (!is_possible(context))
		return 0;
	result = has_outsider(context);
	if (result <= 0)
		return result;
	decision->leaks = arena_array(
		context->arena, DECISION_LEAKS, sizeof *decision->leaks);
	if (!decision->leaks)
		return ERR_NOMEM;
	result = look_at_sender(context);
	return result < 0 ? result : look_at_headers(context);
}

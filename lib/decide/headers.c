#include "decide/headers.h"

#include "base/array.h"
#include "decide/envelope.h"
#include "decide/outcome.h"
#include "mail/addrlist.h"
#include "mail/dkim.h"
#include "mail/splice.h"

/* The instances of each listed header that a signature covers, counted from the
 * bottom as dkim_covers() counts. */
struct coverage {
	const struct config_list *names;
	size_t *covered;     /* for each name: the uppermost covered one */
	size_t *from_bottom; /* for each name: the next one in the message */
};

/* One header, while it is decided about. */
struct work {
	size_t index;
	size_t from_bottom; /* as dkim_covers() counts */
	const struct decide_header *header;
	enum rule_table table;
	struct splice_edit *edits; /* in scratch, as elements */
	size_t change_count;
	size_t edit_room;
	size_t *elements; /* the offset of each address-list element */
	size_t element_count;
	size_t element_room;
	size_t first_finding; /* of this header, in decision->findings */
	size_t first_use;     /* of this header, in decision->uses */
};

static const struct config_list *listed(const struct decide_context *context)
{
	return context->decision->direction == DECISION_OUTBOUND
		       ? &context->config->outbound_headers
		       : &context->config->inbound_headers;
}

static int find_coverage(const struct decide_context *context, bool signatures,
	struct coverage *coverage)
{
	const struct decide_message *message = context->message;
	size_t names = coverage->names->count;

	coverage->covered =
		arena_array(context->arena, names, sizeof *coverage->covered);
	coverage->from_bottom = arena_array(
		context->arena, names, sizeof *coverage->from_bottom);
	if (!coverage->covered || !coverage->from_bottom)
		return ERR_NOMEM;
	memset(coverage->covered, 0, names * sizeof *coverage->covered);
	memset(coverage->from_bottom, 0, names * sizeof *coverage->from_bottom);
	for (size_t i = 0; i < message->header_count; i++) {
		const struct decide_header *header = &message->headers[i];
		size_t n =
			config_list_index_nocase(coverage->names, header->name);

		if (n < names)
			coverage->from_bottom[n]++;
		if (!signatures || !dkim_is_signature(header->name))
			continue;
		for (n = 0; n < names; n++) {
			size_t covers = dkim_covers(header->value,
				bytes_of(coverage->names->items[n]));

			if (covers > coverage->covered[n])
				coverage->covered[n] = covers;
		}
	}
	return 0;
}

static int add_edit(struct decide_context *context, struct work *work,
	struct span span, struct bytes text)
{
	struct splice_edit *edits = array_grow_in(context->scratch, work->edits,
		work->change_count, &work->edit_room, sizeof *edits);

	if (!edits)
		return ERR_NOMEM;
	edits[work->change_count++] = (struct splice_edit){ span, text };
	work->edits = edits;
	return 0;
}

/* Adds the edits that replace the element's address by the target. */
static int add_edits(struct decide_context *context, struct work *work,
	const struct addrlist_element *element,
	const struct outcome_target *target)
{
	struct bytes local = { target->text.data,
		target->text.len - target->domain.len - 1 };

	if (!target->keeps_local && !(element->flags & ADDRLIST_ELEMENT_BROKEN))
		return add_edit(
			context, work, element->addr_spec, target->text);
	if (!target->keeps_local &&
		add_edit(context, work, element->local, local) < 0)
		return ERR_NOMEM;
	return add_edit(context, work, element->domain, target->domain);
}

/* Finds the outcome for an element, and adds its edits. */
static int find_outcome(struct decide_context *context, struct work *work,
	const struct addrlist_element *element, struct bytes old,
	struct outcome *outcome)
{
	struct decide_context brief = *context;
	struct mailbox mailbox;
	enum decision_reason reason = DECISION_REASON_NONE;
	int result = 0;

	if (element->flags & ADDRLIST_ELEMENT_BAD)
		reason = DECISION_REASON_NO_ADDRESS;
	else if (addrlist_mailbox(work->header->value, element, &mailbox) < 0)
		reason = DECISION_REASON_TOO_LONG;
	if (reason)
		return outcome_unread(
			context, work->table, old, reason, outcome);
	/* A header may hold thousands of addresses, so scratch holds them. */
	brief.arena = context->scratch;
	if (!envelope_recall(context, work->table, &mailbox, outcome))
		result = outcome_find(&brief, work->table, &mailbox,
			DECISION_HEADER, outcome);
	if (result < 0 || outcome->result != DECISION_REWRITTEN)
		return result;
	return add_edits(context, work, element, &outcome->targets[0]);
}

static int look_up(struct decide_context *context, struct work *work,
	const struct addrlist_element *element)
{
	struct arena_mark mark = arena_mark(context->scratch);
	struct span span = element->flags & ADDRLIST_ELEMENT_BAD
				   ? element->element
				   : element->addr_spec;
	struct bytes old = { work->header->value.data + span.off, span.len };
	struct outcome outcome;
	int result = find_outcome(context, work, element, old, &outcome);

	if (result < 0)
		return result;
	result = outcome_note(context, DECISION_HEADER, work->index, old,
		work->table, &outcome);
	if (outcome.result != DECISION_REWRITTEN) /* no edit points to it */
		arena_rewind(context->scratch, mark);
	return result;
}

/* Looks up every element of the header, and lists their offsets. */
static int look_up_all(struct decide_context *context, struct work *work)
{
	struct addrlist_iter iter;
	struct addrlist_element element;

	addrlist_iter_init(&iter, work->header->value);
	while (addrlist_next(&iter, &element)) {
		size_t *elements = array_grow_in(context->scratch,
			work->elements, work->element_count,
			&work->element_room, sizeof *elements);
		int result;

		if (!elements)
			return ERR_NOMEM;
		elements[work->element_count++] = element.element.off;
		work->elements = elements;
		result = look_up(context, work, &element);
		if (result < 0)
			return result;
	}
	return 0;
}

/* Turns the findings REWRITTEN of this header into LEFT, and drops the uses of
 * their rules, because the header stays as it is. */
static void leave(struct decision *decision, const struct work *work,
	enum decision_reason reason)
{
	size_t kept = work->first_use;

	for (size_t i = work->first_use; i < decision->use_count; i++)
		if (!decision->uses[i].rewritten)
			decision->uses[kept++] = decision->uses[i];
	decision->use_count = kept;
	for (size_t i = work->first_finding; i < decision->finding_count; i++) {
		struct decision_finding *finding = &decision->findings[i];

		if (finding->result != DECISION_REWRITTEN)
			continue;
		decision->counts[DECISION_HEADER][DECISION_REWRITTEN] -=
			1 + finding->more;
		decision->counts[DECISION_HEADER][DECISION_LEFT] +=
			1 + finding->more;
		finding->result = DECISION_LEFT;
		finding->reason = reason;
		finding->new.len = 0;
	}
}

static int edit_header(struct decide_context *context, struct work *work,
	enum decision_reason hold)
{
	struct decision *decision = context->decision;
	struct decision_header_edit *edit =
		&decision->headers[decision->header_count];
	struct splice splice;
	enum splice_limit limit;
	int result;

	work->first_finding = decision->finding_count;
	work->first_use = decision->use_count;
	result = look_up_all(context, work);
	if (result < 0 || !work->change_count)
		return result;
	if (hold) {
		leave(decision, work, hold);
		return 0;
	}
	splice = (struct splice){ work->header->name, work->header->value,
		work->header->crlf, work->edits, work->change_count,
		work->elements, work->element_count };
	result = splice_apply(&splice, context->arena, context->scratch,
		&edit->value, &limit);
	if (result < 0)
		return result;
	if (!result) {
		leave(decision, work,
			limit == SPLICE_LINE ? DECISION_REASON_LINE_LIMIT
					     : DECISION_REASON_HEADER_LIMIT);
	} else if (decision_in_shadow(context->config, work->table)) {
		decision->shadow = true;
	} else {
		edit->index = work->index;
		edit->from_bottom = work->from_bottom;
		decision->header_count++;
	}
	return 0;
}

int headers_decide(struct decide_context *context)
{
	const struct decide_message *message = context->message;
	struct decision *decision = context->decision;
	bool inbound = decision->direction == DECISION_INBOUND;
	enum config_headers which =
		inbound ? context->config->inbound_rewrite_headers
			: CONFIG_HEADERS_ALWAYS;
	struct coverage coverage = { listed(context), NULL, NULL };
	int result;

	if (which == CONFIG_HEADERS_NEVER)
		return 0;
	result = find_coverage(
		context, which == CONFIG_HEADERS_UNLESS_SIGNED, &coverage);
	decision->headers = arena_array(context->arena, message->header_count,
		sizeof *decision->headers);
	if (result < 0 || !decision->headers)
		return ERR_NOMEM;
	for (size_t i = 0; i < message->header_count; i++) {
		struct work work = { .index = i,
			.header = &message->headers[i],
			.table = inbound ? RULE_INBOUND : RULE_OUTBOUND };
		size_t n = config_list_index_nocase(
			coverage.names, work.header->name);

		if (n == coverage.names->count)
			continue;
		work.from_bottom = coverage.from_bottom[n]--;
		result = edit_header(context, &work,
			work.from_bottom <= coverage.covered[n]
				? DECISION_REASON_SIGNED
				: DECISION_REASON_NONE);
		outcome_fold(context, work.index);
		arena_reset(context->scratch);
		if (result < 0)
			return result;
	}
	return 0;
}

#include "decide/headers.h"

#include "base/array.h"
#include "decide/outcome.h"
#include "mail/addrlist.h"
#include "mail/dkim.h"
#include "mail/splice.h"

/* Which instances of each listed header a signature covers. */
struct coverage {
	const struct config_list *names;
	size_t *covered; /* for each name: the greatest place that is */
	size_t *place;	 /* for each name: of its next instance */
};

/* One header on its way. */
struct work {
	size_t index;
	size_t place; /* as dkim_covers counts */
	const struct decide_header *header;
	enum rule_table table;
	struct splice_edit *edits; /* these two in scratch */
	size_t edit_count;
	size_t edit_room;
	size_t *elements;
	size_t element_count;
	size_t first_finding; /* of this header */
};

static const struct config_list *listed(const struct verdict_context *context)
{
	return context->decision->direction == OUTBOUND
		       ? &context->config->outbound_headers
		       : &context->config->inbound_headers;
}

static size_t name_index(const struct config_list *list, struct bytes name)
{
	size_t i = 0;

	while (i < list->count &&
		!bytes_equal_nocase(bytes_of(list->items[i]), name))
		i++;
	return i;
}

static int find_coverage(const struct verdict_context *context, bool signatures,
	struct coverage *coverage)
{
	const struct decide_message *message = context->message;
	size_t names = coverage->names->count;

	coverage->covered =
		arena_array(context->arena, names, sizeof *coverage->covered);
	coverage->place =
		arena_array(context->arena, names, sizeof *coverage->place);
	if (!coverage->covered || !coverage->place)
		return ERR_NOMEM;
	memset(coverage->covered, 0, names * sizeof *coverage->covered);
	memset(coverage->place, 0, names * sizeof *coverage->place);
	for (size_t i = 0; i < message->header_count; i++) {
		const struct decide_header *header = &message->headers[i];
		size_t n = name_index(coverage->names, header->name);

		if (n < names)
			coverage->place[n]++;
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

static int add_edit(struct verdict_context *context, struct work *work,
	struct span span, struct bytes text)
{
	struct splice_edit *edits = array_grow_in(context->scratch, work->edits,
		work->edit_count, &work->edit_room, sizeof *edits);

	if (!edits)
		return ERR_NOMEM;
	edits[work->edit_count++] = (struct splice_edit){ span, text };
	work->edits = edits;
	return 0;
}

/* Records what the element becomes. */
static int add_edits(struct verdict_context *context, struct work *work,
	const struct header_element *element,
	const struct verdict_target *target)
{
	struct bytes local = { target->text.data,
		target->text.len - target->domain.len - 1 };

	if (!target->keeps_local && !(element->flags & HEADER_ELEMENT_BROKEN))
		return add_edit(
			context, work, element->addr_spec, target->text);
	if (!target->keeps_local &&
		add_edit(context, work, element->local, local) < 0)
		return ERR_NOMEM;
	return add_edit(context, work, element->domain, target->domain);
}

/* What the rules make of an element. */
static int judge(struct verdict_context *context, struct work *work,
	const struct header_element *element, struct bytes old,
	struct verdict *verdict)
{
	struct verdict_context brief = *context;
	struct mailbox mailbox;
	enum decide_reason reason = REASON_NONE;
	int result;

	if (element->flags & HEADER_ELEMENT_BAD)
		reason = REASON_NO_ADDRESS;
	else if (header_mailbox(work->header->value, element, &mailbox) < 0)
		reason = REASON_TOO_LONG;
	if (reason)
		return outcome_unread(
			context, work->table, old, reason, verdict);
	/* A header may hold thousands of addresses. */
	brief.arena = context->scratch;
	result = verdict_find(
		&brief, work->table, &mailbox, FIELD_HEADER, verdict);
	if (result < 0 || verdict->result != RESULT_REWRITTEN)
		return result;
	return add_edits(context, work, element, &verdict->targets[0]);
}

static int look_up(struct verdict_context *context, struct work *work,
	const struct header_element *element)
{
	struct arena_mark mark = arena_mark(context->scratch);
	struct span span = element->flags & HEADER_ELEMENT_BAD
				   ? element->element
				   : element->addr_spec;
	struct bytes old = { work->header->value.data + span.off, span.len };
	struct verdict verdict;
	int result = judge(context, work, element, old, &verdict);

	if (result < 0)
		return result;
	result = verdict_note(
		context, FIELD_HEADER, work->index, old, work->table, &verdict);
	if (verdict.result != RESULT_REWRITTEN) /* no edit points there */
		arena_rewind(context->scratch, mark);
	return result;
}

/* Where the elements begin. */
static int find_elements(struct verdict_context *context, struct work *work)
{
	struct header_iter iter;
	struct header_element element;
	size_t count = 0;

	header_iter_init(&iter, work->header->value);
	while (header_next(&iter, &element))
		count++;
	work->elements =
		arena_array(context->scratch, count, sizeof *work->elements);
	if (!work->elements)
		return ERR_NOMEM;
	header_iter_init(&iter, work->header->value);
	while (header_next(&iter, &element))
		work->elements[work->element_count++] = element.element.off;
	return 0;
}

/* Looks every element up; lists the edits. */
static int walk(struct verdict_context *context, struct work *work)
{
	struct header_iter iter;
	struct header_element element;

	header_iter_init(&iter, work->header->value);
	while (header_next(&iter, &element)) {
		int result = look_up(context, work, &element);

		if (result < 0)
			return result;
	}
	return 0;
}

/* The header stays as it is after all: so do its addresses. */
static void leave(struct decision *decision, const struct work *work,
	enum decide_reason reason)
{
	for (size_t i = work->first_finding; i < decision->finding_count; i++) {
		struct decide_finding *finding = &decision->findings[i];

		if (finding->result != RESULT_REWRITTEN)
			continue;
		decision->counts[FIELD_HEADER][RESULT_REWRITTEN] -=
			1 + finding->more;
		decision->counts[FIELD_HEADER][RESULT_LEFT] +=
			1 + finding->more;
		finding->result = RESULT_LEFT;
		finding->reason = reason;
		finding->new.len = 0;
	}
}

static int edit_header(struct verdict_context *context, struct work *work,
	enum decide_reason hold)
{
	struct decision *decision = context->decision;
	struct decide_header_edit *edit =
		&decision->headers[decision->header_count];
	struct splice splice;
	enum splice_limit limit;
	int result;

	work->first_finding = decision->finding_count;
	result = walk(context, work);
	if (result < 0 || !work->edit_count)
		return result;
	if (hold) {
		leave(decision, work, hold);
		return 0;
	}
	if (find_elements(context, work) < 0)
		return ERR_NOMEM;
	splice = (struct splice){ work->header->name, work->header->value,
		work->header->crlf, work->edits, work->edit_count,
		work->elements, work->element_count };
	result = splice_apply(&splice, context->arena, context->scratch,
		&edit->value, &limit);
	if (result < 0)
		return result;
	if (!result) {
		leave(decision, work,
			limit == SPLICE_LINE ? REASON_LINE_LIMIT
					     : REASON_HEADER_LIMIT);
	} else if (decide_in_shadow(context->config, work->table)) {
		decision->shadow = true;
	} else {
		edit->index = work->index;
		edit->place = work->place;
		decision->header_count++;
	}
	return 0;
}

int headeredit_decide(struct verdict_context *context)
{
	const struct decide_message *message = context->message;
	struct decision *decision = context->decision;
	bool inbound = decision->direction == INBOUND;
	enum config_headers which =
		inbound ? context->config->inbound_rewrite_headers
			: HEADERS_ALWAYS;
	struct coverage coverage = { listed(context), NULL, NULL };
	int result;

	if (which == HEADERS_NEVER)
		return 0;
	result = find_coverage(
		context, which == HEADERS_UNLESS_SIGNED, &coverage);
	decision->headers = arena_array(context->arena, message->header_count,
		sizeof *decision->headers);
	if (result < 0 || !decision->headers)
		return ERR_NOMEM;
	for (size_t i = 0; i < message->header_count; i++) {
		struct work work = { .index = i,
			.header = &message->headers[i],
			.table = inbound ? RULE_INBOUND : RULE_OUTBOUND };
		size_t n = name_index(coverage.names, work.header->name);

		if (n == coverage.names->count)
			continue;
		work.place = coverage.place[n]--;
		result = edit_header(context, &work,
			work.place <= coverage.covered[n] ? REASON_SIGNED
							  : REASON_NONE);
		verdict_fold(context, work.index);
		arena_reset(context->scratch);
		if (result < 0)
			return result;
	}
	return 0;
}

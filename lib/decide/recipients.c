#include "decide/recipients.h"

#include <stdlib.h>

#include "base/array.h"
#include "mail/dsn.h"
#include "decide/lookalike.h"

static int compare_before(const void *a, const void *b)
{
	const struct recipients_before *x = a;
	const struct recipients_before *y = b;
	int order = bytes_compare(x->key, y->key);

	if (!order)
		order = bytes_compare(x->spelt, y->spelt);
	if (!order)
		order = (x->recipient > y->recipient) -
			(x->recipient < y->recipient);
	return order;
}

static int compare_order(const void *a, const void *b)
{
	const struct recipients_after *x = a;
	const struct recipients_after *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

static int compare_after(const void *a, const void *b)
{
	const struct recipients_after *x = a;
	const struct recipients_after *y = b;
	int order = bytes_compare(x->key, y->key);

	return order ? order : compare_order(a, b);
}

/* Returns the index after the last element that has the key of the first one.
 * all->after must be sorted. */
static size_t end_of_after(const struct recipients *all, size_t first)
{
	size_t end = first + 1;

	while (end < all->after_count &&
		bytes_equal(all->after[end].key, all->after[first].key))
		end++;
	return end;
}

struct recipients_after *recipients_new(
	struct decide_context *context, struct recipients *all)
{
	struct recipients_after *grown = array_grow_in(context->arena,
		all->after, all->after_count, &all->after_room, sizeof *grown);

	if (!grown)
		return NULL;
	all->after = grown;
	all->after[all->after_count].order = all->after_count;
	return &all->after[all->after_count++];
}

/* Returns the ESMTP parameters of an add, to which count elements from first
 * are rewritten, or NULL if memory is exhausted. */
static const char *esmtp(const struct decide_context *context,
	const struct recipients_after *first, size_t count)
{
	struct dsn_notify notify = { 0, false, false, false };
	struct bytes parts[4];
	char *out;
	size_t size = 1;

	for (size_t i = 0; i < count; i++)
		dsn_notify_add(&notify,
			context->message->recipients[first[i].recipient]
				.notify);
	parts[1] = bytes_of(dsn_notify_text(&notify));
	parts[0] = bytes_of(parts[1].len ? "NOTIFY=" : "");
	parts[2] = bytes_of(parts[1].len ? " ORCPT=" : "ORCPT=");
	parts[3] = bytes_of(first->orcpt);
	for (size_t i = 0; i < 4; i++)
		size += parts[i].len;
	out = arena_bytes(context->arena, size);
	if (!out)
		return NULL;
	size = 0;
	for (size_t i = 0; i < 4; i++) {
		memcpy(out + size, parts[i].data, parts[i].len);
		size += parts[i].len;
	}
	out[size] = '\0';
	return out;
}

/* Reduces all->after, which must be sorted by key, to the addresses that are
 * added: the first of each key. Their orcpt becomes the ESMTP parameters. */
static int keep_new(struct decide_context *context,
	const struct lookalikes *lookalikes, struct recipients *all)
{
	size_t kept = 0;

	for (size_t i = 0, next; i < all->after_count; i = next) {
		struct recipients_after *first = &all->after[i];
		int result;

		next = end_of_after(all, i);
		if (first->held)
			continue;
		result = lookalikes_part(context, lookalikes, first);
		if (result < 0)
			return result;
		first->orcpt = esmtp(context, first, next - i);
		if (!first->orcpt)
			return ERR_NOMEM;
		all->after[kept++] = *first;
	}
	all->after_count = kept;
	return 0;
}

static int list_adds(struct decide_context *context,
	const struct lookalikes *lookalikes, struct recipients *all)
{
	struct decision *decision = context->decision;
	int result = keep_new(context, lookalikes, all);

	if (result < 0)
		return result;
	if (all->after_count)
		qsort(all->after, all->after_count, sizeof *all->after,
			compare_order);
	decision->adds = arena_array(
		context->arena, all->after_count, sizeof *decision->adds);
	if (!decision->adds)
		return ERR_NOMEM;
	for (size_t i = 0; i < all->after_count; i++)
		decision->adds[i] = (struct decision_add){ all->after[i].text,
			all->after[i].orcpt };
	decision->add_count = all->after_count;
	return 0;
}

/* Lists each spelling once: Postfix finds a recipient by its exact spelling
 * only. */
static int list_deletes(
	struct decide_context *context, const struct recipients *all)
{
	struct decision *decision = context->decision;

	decision->deletes =
		arena_array(context->arena, all->before_count, sizeof(char *));
	if (!decision->deletes)
		return ERR_NOMEM;
	for (size_t i = 0; i < all->before_count; i++) {
		const struct recipients_before *before = &all->before[i];
		char *copy;

		if (!before->deleted ||
			(i && bytes_equal(before->key, before[-1].key) &&
				bytes_equal(before->spelt, before[-1].spelt)))
			continue;
		copy = arena_copy(
			context->arena, before->spelt.data, before->spelt.len);
		if (!copy)
			return ERR_NOMEM;
		decision->deletes[decision->delete_count++] = copy;
	}
	return 0;
}

static void add_notify(const struct decide_context *context, size_t recipient,
	struct dsn_notify *notify)
{
	dsn_notify_add(notify, context->message->recipients[recipient].notify);
}

/*
 * Marks a key that is in both sets: before[from..to) and after[first..next)
 * have it. The recipient stays as Postfix holds it, unless the NOTIFY that it
 * needs after the rules differs from that which Postfix holds. Then it is
 * deleted, and added again in the spelling of the recipient that came first.
 */
static int mark_both(struct decide_context *context, struct recipients *all,
	size_t from, size_t to, size_t first, size_t next)
{
	struct recipients_after *after = &all->after[first];
	struct recipients_before *oldest = &all->before[from];
	struct dsn_notify held = { 0 };
	struct dsn_notify wanted = { 0 };
	bool joined = false;

	for (size_t i = first; i < next; i++) {
		joined = joined || all->after[i].text;
		add_notify(context, all->after[i].recipient, &wanted);
	}
	for (size_t i = from; i < to; i++) {
		add_notify(context, all->before[i].recipient, &held);
		if (all->before[i].recipient < oldest->recipient)
			oldest = &all->before[i];
	}
	after->held = !joined || held.bits == wanted.bits;
	for (size_t i = from; i < to; i++) {
		all->before[i].deleted = !after->held;
		all->before[i].joined = joined;
	}
	if (after->held)
		return 0;
	after->text = arena_copy(
		context->arena, oldest->spelt.data, oldest->spelt.len);
	return after->text ? 0 : ERR_NOMEM;
}

/* Sets deleted and joined of all->before, and held of all->after. Both must be
 * sorted by key. */
static int mark(struct decide_context *context, struct recipients *all)
{
	size_t from = 0;
	int result = 0;

	for (size_t i = 0; i < all->before_count; i++) {
		all->before[i].deleted = all->before[i].rewritten;
		all->before[i].joined = false;
	}
	for (size_t i = 0, next; !result && i < all->after_count; i = next) {
		struct bytes key = all->after[i].key;
		size_t to;

		next = end_of_after(all, i);
		while (from < all->before_count &&
			bytes_compare(all->before[from].key, key) < 0)
			from++;
		for (to = from; to < all->before_count &&
				bytes_equal(all->before[to].key, key);)
			to++;
		if (to > from)
			result = mark_both(context, all, from, to, i, next);
		from = to;
	}
	return result;
}

int recipients_difference(
	struct decide_context *context, struct recipients *all)
{
	struct lookalikes lookalikes;
	int result;

	if (!all->before_count || !all->after_count)
		return 0;
	qsort(all->before, all->before_count, sizeof *all->before,
		compare_before);
	qsort(all->after, all->after_count, sizeof *all->after, compare_after);
	result = mark(context, all);
	if (!result)
		result = lookalikes_list(context, all, &lookalikes);
	if (!result)
		result = list_deletes(context, all);
	if (!result)
		result = list_adds(context, &lookalikes, all);
	return result;
}

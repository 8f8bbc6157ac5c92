#include "recipients.h"

#include <stdio.h>
#include <stdlib.h>

#include "dsn.h"
#include "lookalike.h"

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

static int compare_key_before(const void *key, const void *b)
{
	return bytes_compare(*(const struct bytes *)key,
		((const struct recipients_before *)b)->key);
}

struct recipients_after *recipients_new(
	struct verdict_context *context, struct recipients *all)
{
	if (all->after_count == all->after_room) {
		size_t room = all->after_room ? 2 * all->after_room : 16;
		struct recipients_after *grown =
			arena_alloc(context->arena, room * sizeof *grown);

		if (!grown)
			return NULL;
		if (all->after_count)
			memcpy(grown, all->after,
				all->after_count * sizeof *grown);
		all->after = grown;
		all->after_room = room;
	}
	all->after[all->after_count].order = all->after_count;
	return &all->after[all->after_count++];
}

/* The parameters for a new recipient that first..first+count become. */
static const char *esmtp(const struct verdict_context *context,
	const struct recipients_after *first, size_t count)
{
	struct dsn_notify notify = { 0, false, false, false };
	const char *text;
	char *out;
	size_t size;

	for (size_t i = 0; i < count; i++)
		dsn_notify_add(&notify,
			context->message->recipients[first[i].recipient]
				.notify);
	text = dsn_notify_text(&notify);
	size = sizeof "NOTIFY= ORCPT=" + strlen(text) + strlen(first->orcpt);
	out = arena_octets(context->arena, size);
	if (!out)
		return NULL;
	(void)snprintf(out, size, "%s%s%sORCPT=%s", *text ? "NOTIFY=" : "",
		text, *text ? " " : "", first->orcpt);
	return out;
}

/* Keeps of all->after, sorted by key, what was not before: the first of each
 * key, orcpt now being all its parameters. */
static int keep_new(struct verdict_context *context,
	const struct lookalikes *lookalikes, struct recipients *all)
{
	size_t kept = 0;

	for (size_t i = 0, next; i < all->after_count; i = next) {
		struct recipients_after *first = &all->after[i];
		int result;

		for (next = i + 1;
			next < all->after_count &&
			bytes_equal(all->after[next].key, first->key);)
			next++;
		if (all->before_count &&
			bsearch(&first->key, all->before, all->before_count,
				sizeof *all->before, compare_key_before))
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

static int list_adds(struct verdict_context *context,
	const struct lookalikes *lookalikes, struct recipients *all)
{
	struct decision *decision = context->decision;
	int result = keep_new(context, lookalikes, all);

	if (result < 0)
		return result;
	if (all->after_count)
		qsort(all->after, all->after_count, sizeof *all->after,
			compare_order);
	decision->adds = arena_alloc(
		context->arena, all->after_count * sizeof *decision->adds + 1);
	if (!decision->adds)
		return ERR_NOMEM;
	for (size_t i = 0; i < all->after_count; i++)
		decision->adds[i] = (struct decide_add){ all->after[i].text,
			all->after[i].orcpt };
	decision->add_count = all->after_count;
	return 0;
}

/* What is gone is deleted, once for each spelling. */
static int list_deletes(
	struct verdict_context *context, const struct recipients *all)
{
	struct decision *decision = context->decision;

	decision->deletes = arena_alloc(
		context->arena, all->before_count * sizeof(char *) + 1);
	if (!decision->deletes)
		return ERR_NOMEM;
	for (size_t i = 0; i < all->before_count; i++) {
		const struct recipients_before *before = &all->before[i];
		char *copy;

		if (!before->gone ||
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

/* Both lists are in the order of keys. */
static void find_gone(struct recipients *all)
{
	bool stays = false;
	bool joined = false;
	size_t at = 0;

	for (size_t i = 0; i < all->before_count; i++) {
		struct recipients_before *before = &all->before[i];
		int order;

		if (!i || !bytes_equal(before->key, before[-1].key))
			stays = joined = false;
		for (; at < all->after_count; at++) {
			order = bytes_compare(all->after[at].key, before->key);
			if (order > 0)
				break;
			stays = stays || !order;
			joined = joined || (!order && all->after[at].text);
		}
		before->gone = before->rewritten && !stays;
		before->joined = joined;
	}
}

int recipients_difference(
	struct verdict_context *context, struct recipients *all)
{
	struct lookalikes lookalikes;
	int result;

	if (!all->before_count || !all->after_count)
		return 0;
	qsort(all->before, all->before_count, sizeof *all->before,
		compare_before);
	qsort(all->after, all->after_count, sizeof *all->after, compare_after);
	find_gone(all);
	result = lookalikes_list(context, all, &lookalikes);
	if (!result)
		result = list_deletes(context, all);
	if (!result)
		result = list_adds(context, &lookalikes, all);
	return result;
}

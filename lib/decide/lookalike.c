#include "decide/lookalike.h"

#include <stdlib.h>

#include "mail/dsn.h"
#include "mail/postfixfold.h"

static int compare(const void *a, const void *b)
{
	const struct lookalike *x = a;
	const struct lookalike *y = b;

	return bytes_compare(x->folded, y->folded);
}

static int fold_orcpt(const struct decide_context *context,
	const struct recipients_before *before, struct bytes *folded)
{
	const struct decide_recipient *recipient =
		&context->message->recipients[before->recipient];

	return before->orcpt ? postfixfold_orcpt(
				       context->arena, before->orcpt, folded)
			     : postfixfold_made_orcpt(context->arena,
				       recipient->address, folded);
}

static bool is_ascii(const struct recipients *all)
{
	for (size_t i = 0; i < all->before_count; i++)
		if (!bytes_are_ascii(all->before[i].spelt))
			return false;
	return true;
}

static int check_pair(struct decide_context *context,
	const struct recipients_before *a, const struct recipients_before *b)
{
	if (a->deleted == b->deleted &&
		((!a->joined && !b->joined) || bytes_equal(a->key, b->key)))
		return 0;
	return error_set(context->error, ERR_BAD,
		"two recipients differ in the rules but are duplicates to "
		"Postfix, which folds U+00DF to ss");
}

int lookalikes_list(struct decide_context *context,
	const struct recipients *all, struct lookalikes *list)
{
	int result = 0;

	*list = (struct lookalikes){ NULL, 0 };
	if (is_ascii(all))
		return 0;
	list->all = arena_array(
		context->arena, all->before_count, sizeof *list->all);
	if (!list->all)
		return ERR_NOMEM;
	for (size_t i = 0; !result && i < all->before_count; i++) {
		list->all[i].before = &all->before[i];
		result = postfixfold_address(context->arena,
			all->before[i].spelt, &list->all[i].folded);
		if (!result)
			result = fold_orcpt(
				context, &all->before[i], &list->all[i].orcpt);
	}
	if (result < 0)
		return result;
	list->count = all->before_count;
	qsort(list->all, list->count, sizeof *list->all, compare);
	for (size_t i = 1; !result && i < list->count; i++)
		if (bytes_equal(list->all[i - 1].folded, list->all[i].folded))
			result = check_pair(context, list->all[i - 1].before,
				list->all[i].before);
	return result;
}

static const char *orcpt_of(
	const struct decide_context *context, struct bytes key)
{
	struct mailbox mailbox;
	char *orcpt;

	if (address_parse_internal(key.data, key.len, &mailbox) < 0)
		return NULL; /* cannot happen: every key is an address */
	orcpt = dsn_orcpt(context->arena, &mailbox, (struct bytes){ NULL, 0 });
	return orcpt ? dsn_orcpt_for_milter(context->arena, orcpt) : NULL;
}

/* Returns 1 if Postfix would take an add for a duplicate: after the deletes it
 * still holds a recipient that looks like this and has this ORCPT. Else returns
 * 0 or ERR_NOMEM. */
static int holds(const struct decide_context *context,
	const struct lookalikes *list, struct bytes folded, const char *orcpt)
{
	struct bytes wanted;

	if (postfixfold_orcpt(context->arena, orcpt, &wanted) < 0)
		return ERR_NOMEM;
	for (size_t i = 0; i < list->count; i++)
		if (!list->all[i].before->deleted &&
			bytes_equal(list->all[i].folded, folded) &&
			bytes_equal(list->all[i].orcpt, wanted))
			return 1;
	return 0;
}

/* True if another recipient that looks like this is deleted and added again.
 * Postfix could then take either for a duplicate of the other. */
static bool is_added_again(const struct lookalikes *list, struct bytes folded,
	const struct recipients_after *after)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct recipients_before *before = list->all[i].before;

		if (bytes_equal(list->all[i].folded, folded) &&
			before->deleted && before->joined &&
			!bytes_equal(before->key, after->key))
			return true;
	}
	return false;
}

/* True if the text is an address with a domain. */
static bool is_plain(const char *text)
{
	struct mailbox mailbox;

	return !address_parse(text, strlen(text), &mailbox, NULL);
}

static int clash(struct decide_context *context)
{
	return error_set(context->error, ERR_BAD,
		"a target and a recipient differ in the rules but are "
		"duplicates to Postfix, which folds U+00DF to ss");
}

int lookalikes_part(struct decide_context *context,
	const struct lookalikes *list, struct recipients_after *after)
{
	struct lookalike wanted = { 0 };
	const struct lookalike *found;
	struct bytes keys[2];
	int held;

	if (!list->count)
		return 0;
	/* A recipient that is added again as it came may have no domain, and
	 * then it is not known what it looks like to Postfix. */
	if (!is_plain(after->text))
		return clash(context);
	if (postfixfold_address(
		    context->arena, bytes_of(after->text), &wanted.folded) < 0)
		return ERR_NOMEM;
	found = bsearch(
		&wanted, list->all, list->count, sizeof *list->all, compare);
	if (!found)
		return 0;
	if (is_added_again(list, wanted.folded, after))
		return clash(context);
	held = holds(context, list, wanted.folded, after->orcpt);
	keys[0] = found->before->key;
	keys[1] = after->key;
	for (size_t i = 0; held > 0 && i < 2; i++) {
		after->orcpt = orcpt_of(context, keys[i]);
		if (!after->orcpt)
			return ERR_NOMEM;
		held = holds(context, list, wanted.folded, after->orcpt);
	}
	return held > 0 ? clash(context) : held;
}

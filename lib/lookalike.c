#include "lookalike.h"

#include <errno.h>
#include <stdlib.h>
#include <unicase.h>

#include "dsn.h"

static int compare(const void *a, const void *b)
{
	const struct lookalike *x = a;
	const struct lookalike *y = b;

	return bytes_compare(x->folded, y->folded);
}

/* As Postfix folds it; what is not UTF-8 stays as it is. */
static int fold(struct arena *arena, struct bytes address, struct bytes *folded)
{
	size_t len = 0;
	uint8_t *text = u8_casefold((const uint8_t *)address.data, address.len,
		NULL, UNINORM_NFC, NULL, &len);

	*folded = address;
	if (!text)
		return errno == ENOMEM ? ERR_NOMEM : 0;
	folded->data = arena_copy(arena, (const char *)text, len);
	folded->len = len;
	free(text);
	return folded->data ? 0 : ERR_NOMEM;
}

static bool is_ascii(const struct recipients *all)
{
	for (size_t i = 0; i < all->before_count; i++)
		for (size_t at = 0; at < all->before[i].spelt.len; at++)
			if ((unsigned char)all->before[i].spelt.data[at] > 0x7f)
				return false;
	return true;
}

static int check_pair(struct verdict_context *context,
	const struct recipients_before *a, const struct recipients_before *b)
{
	if (a->gone == b->gone)
		return 0;
	return error_set(context->error, ERR_BAD,
		"two recipients are one to Postfix, for which U+00DF is ss, "
		"but not to the rules");
}

int lookalikes_list(struct verdict_context *context,
	const struct recipients *all, struct lookalikes *list)
{
	int result = 0;

	*list = (struct lookalikes){ NULL, 0 };
	if (is_ascii(all))
		return 0;
	list->all = arena_alloc(
		context->arena, all->before_count * sizeof *list->all);
	if (!list->all)
		return ERR_NOMEM;
	for (size_t i = 0; !result && i < all->before_count; i++) {
		list->all[i].before = &all->before[i];
		result = fold(context->arena, all->before[i].spelt,
			&list->all[i].folded);
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
	const struct verdict_context *context, struct bytes key)
{
	struct mailbox mailbox;
	char *orcpt;

	if (address_parse_internal(key.data, key.len, &mailbox) < 0)
		return NULL; /* never: it is a key */
	orcpt = dsn_orcpt(context->arena, &mailbox, (struct bytes){ NULL, 0 });
	return orcpt ? dsn_orcpt_for_milter(context->arena, orcpt) : NULL;
}

/* Does Postfix hold a recipient that looks like this, with this ORCPT? */
static bool holds(
	const struct lookalikes *list, struct bytes folded, const char *orcpt)
{
	for (size_t i = 0; i < list->count; i++)
		if (bytes_equal(list->all[i].folded, folded) &&
			list->all[i].before->orcpt &&
			!strcasecmp(list->all[i].before->orcpt, orcpt))
			return true;
	return false;
}

int lookalikes_part(struct verdict_context *context,
	const struct lookalikes *list, struct recipients_after *after)
{
	struct lookalike wanted = { { NULL, 0 }, NULL };
	const struct lookalike *found;
	struct bytes keys[2];

	if (!list->count)
		return 0;
	if (fold(context->arena, bytes_of(after->text), &wanted.folded) < 0)
		return ERR_NOMEM;
	found = bsearch(
		&wanted, list->all, list->count, sizeof *list->all, compare);
	if (!found || !holds(list, wanted.folded, after->orcpt))
		return 0;
	keys[0] = found->before->key;
	keys[1] = after->key;
	for (size_t i = 0; i < 2; i++) {
		after->orcpt = orcpt_of(context, keys[i]);
		if (!after->orcpt)
			return ERR_NOMEM;
		if (!holds(list, wanted.folded, after->orcpt))
			return 0;
	}
	return error_set(context->error, ERR_BAD,
		"a target is a recipient to Postfix, for which U+00DF is ss, "
		"but not to the rules");
}

#include "decide/lookalike.h"

#include <errno.h>
#include <stdlib.h>
#include <unicase.h>

#include "mail/dsn.h"

static int compare(const void *a, const void *b)
{
	const struct lookalike *x = a;
	const struct lookalike *y = b;

	return bytes_compare(x->folded, y->folded);
}

/* As Postfix folds it; what is not UTF-8 stays as it is. */
static int fold(struct arena *arena, struct bytes text, struct bytes *folded)
{
	size_t len = 0;
	uint8_t *copy = u8_casefold((const uint8_t *)text.data, text.len, NULL,
		UNINORM_NFC, NULL, &len);

	*folded = text;
	if (!copy)
		return errno == ENOMEM ? ERR_NOMEM : 0;
	folded->data = arena_copy(arena, (const char *)copy, len);
	folded->len = len;
	free(copy);
	return folded->data ? 0 : ERR_NOMEM;
}

/* Postfix compares addresses without quotes. */
static int fold_address(
	struct arena *arena, struct bytes address, struct bytes *folded)
{
	struct mailbox mailbox;
	char plain[sizeof mailbox.local + sizeof mailbox.domain + 1];
	size_t len;

	if (address_parse(address.data, address.len, &mailbox, NULL) < 0)
		return fold(arena, address, folded);
	len = mailbox.local_len;
	memcpy(plain, mailbox.local, len);
	plain[len++] = '@';
	memcpy(plain + len, mailbox.domain, mailbox.domain_len);
	len += mailbox.domain_len;
	len -= plain[len - 1] == '.'; /* what is added loses it */
	address = (struct bytes){ arena_copy(arena, plain, len), len };
	return address.data ? fold(arena, address, folded) : ERR_NOMEM;
}

static int hex(char digit)
{
	static const char digits[] = "0123456789ABCDEFabcdef";
	const char *found = digit ? strchr(digits, digit) : NULL;
	int value = found ? (int)(found - digits) : -1;

	return value > 15 ? value - 6 : value; /* Postfix takes both cases */
}

/* An ORCPT as a milter hands it to Postfix, which keeps it without xtext. */
static int fold_orcpt(
	struct arena *arena, const char *orcpt, struct bytes *folded)
{
	char *plain = arena_octets(arena, strlen(orcpt) + 1);
	size_t len = 0;

	if (!plain)
		return ERR_NOMEM;
	for (; *orcpt; orcpt++) {
		if (*orcpt == '+' && hex(orcpt[1]) >= 0 && hex(orcpt[2]) >= 0) {
			plain[len++] =
				(char)(hex(orcpt[1]) << 4 | hex(orcpt[2]));
			orcpt += 2;
		} else {
			plain[len++] = *orcpt;
		}
	}
	return fold(arena, (struct bytes){ plain, len }, folded);
}

/* Where the client gave none, smtpd(8) takes RCPT TO's argument. */
static int fold_own_orcpt(const struct verdict_context *context,
	const struct recipients_before *before, struct bytes *folded)
{
	static const char type[] = "rfc822;";
	struct bytes address;
	char *text;

	if (before->orcpt)
		return fold_orcpt(context->arena, before->orcpt, folded);
	address = bytes_of(
		context->message->recipients[before->recipient].address);
	if (address.len > 1 && *address.data == '<' &&
		address.data[address.len - 1] == '>') {
		address.data++;
		address.len -= 2;
	}
	text = arena_octets(context->arena, strlen(type) + address.len);
	if (!text)
		return ERR_NOMEM;
	memcpy(text, type, strlen(type));
	memcpy(text + strlen(type), address.data, address.len);
	address = (struct bytes){ text, strlen(type) + address.len };
	return fold(context->arena, address, folded);
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
	if (a->deleted == b->deleted &&
		((!a->joined && !b->joined) || bytes_equal(a->key, b->key)))
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
		result = fold_address(context->arena, all->before[i].spelt,
			&list->all[i].folded);
		if (!result)
			result = fold_own_orcpt(
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
	const struct verdict_context *context, struct bytes key)
{
	struct mailbox mailbox;
	char *orcpt;

	if (address_parse_internal(key.data, key.len, &mailbox) < 0)
		return NULL; /* never: it is a key */
	orcpt = dsn_orcpt(context->arena, &mailbox, (struct bytes){ NULL, 0 });
	return orcpt ? dsn_orcpt_for_milter(context->arena, orcpt) : NULL;
}

/* Will Postfix still hold a recipient that looks like this, with this ORCPT?
 * A delete takes one out of its filter. 1, 0 or ERR_NOMEM. */
static int holds(const struct verdict_context *context,
	const struct lookalikes *list, struct bytes folded, const char *orcpt)
{
	struct bytes wanted;

	if (fold_orcpt(context->arena, orcpt, &wanted) < 0)
		return ERR_NOMEM;
	for (size_t i = 0; i < list->count; i++)
		if (!list->all[i].before->deleted &&
			bytes_equal(list->all[i].folded, folded) &&
			bytes_equal(list->all[i].orcpt, wanted))
			return 1;
	return 0;
}

/* Is another one that looks like this to be added again? Which of the two
 * Postfix would take for a duplicate of the other is not worth knowing. */
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

/* Is it an address whose domain is seen? */
static bool is_plain(const char *text)
{
	struct mailbox mailbox;

	return !address_parse(text, strlen(text), &mailbox, NULL);
}

static int clash(struct verdict_context *context)
{
	return error_set(context->error, ERR_BAD,
		"a target is a recipient to Postfix, for which U+00DF is ss, "
		"but not to the rules");
}

int lookalikes_part(struct verdict_context *context,
	const struct lookalikes *list, struct recipients_after *after)
{
	struct lookalike wanted = { 0 };
	const struct lookalike *found;
	struct bytes keys[2];
	int held;

	if (!list->count)
		return 0;
	/* One that is added again as it came: who knows what it looks like. */
	if (!is_plain(after->text))
		return clash(context);
	if (fold_address(
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

#include "envelope.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unicase.h>

#include "dsn.h"

/* A recipient as it was; one for each that is an address. */
struct before {
	struct bytes key;
	struct bytes spelt;
	size_t recipient;
	bool rewritten;
};

/* A recipient as it is to be: one for each target, or for one that stays. */
struct after {
	struct bytes key;
	const char *text;  /* NULL: it stays */
	const char *orcpt; /* of the recipient that it comes from */
	size_t recipient;
	size_t order;
};

struct recipients {
	struct before *before;
	size_t before_count;
	struct after *after;
	size_t after_count;
	size_t after_room;
};

static int compare(struct bytes a, struct bytes b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.data, b.data, len) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_before(const void *a, const void *b)
{
	const struct before *x = a;
	const struct before *y = b;
	int order = compare(x->key, y->key);

	if (!order)
		order = compare(x->spelt, y->spelt);
	if (!order)
		order = (x->recipient > y->recipient) -
			(x->recipient < y->recipient);
	return order;
}

static int compare_after(const void *a, const void *b)
{
	const struct after *x = a;
	const struct after *y = b;
	int order = compare(x->key, y->key);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static int compare_order(const void *a, const void *b)
{
	const struct after *x = a;
	const struct after *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

static int compare_key_before(const void *key, const void *b)
{
	return compare(
		*(const struct bytes *)key, ((const struct before *)b)->key);
}

static int compare_key_after(const void *key, const void *b)
{
	return compare(
		*(const struct bytes *)key, ((const struct after *)b)->key);
}

/* Have both the same key? 1, 0, or ERR_NOMEM. */
static int same_key(const struct mailbox *a, const struct mailbox *b)
{
	char a_key[ADDRESS_KEY_MAX];
	char b_key[ADDRESS_KEY_MAX];
	int a_len = address_key(a, a_key);
	int b_len = address_key(b, b_key);

	if (a_len == ERR_NOMEM || b_len == ERR_NOMEM)
		return ERR_NOMEM;
	return a_len > 0 && a_len == b_len &&
	       !memcmp(a_key, b_key, (size_t)a_len);
}

/* Are the texts the same to Postfix, which folds case in domains, too, and so
 * takes ß for ss, which to IDNA2008 is another name? 1, 0, or ERR_NOMEM. */
static int same_folded(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order;

	if (u8_casecmp((const uint8_t *)a, a_len, (const uint8_t *)b, b_len,
		    NULL, UNINORM_NFC, &order) < 0)
		return errno == ENOMEM ? ERR_NOMEM : 0;
	return !order;
}

/* Is resolved what Postfix makes of the address by folding case alone? */
static int is_folded(
	const struct mailbox *given, const struct mailbox *resolved)
{
	int same = same_folded(given->local, given->local_len, resolved->local,
		resolved->local_len);

	return same == 1 ? same_folded(given->domain, given->domain_len,
				   resolved->domain, resolved->domain_len)
			 : same;
}

/* Postfix 3.7 writes {mail_addr} and {rcpt_addr} with the quotes that they
 * need; older ones and other MTAs may write their internal form. */
static bool read_resolved(const char *text, struct mailbox *mailbox)
{
	size_t len = strlen(text);

	return !address_parse(text, len, mailbox, NULL) ||
	       !address_parse_internal(text, len, mailbox);
}

int envelope_mailbox(const char *address, const char *resolved,
	struct mailbox *mailbox, struct bytes *spelt)
{
	struct mailbox other;
	bool given;
	int same;

	*spelt = address_strip_path(address, strlen(address));
	given = !address_parse(spelt->data, spelt->len, mailbox, NULL);
	if (!resolved || !read_resolved(resolved, &other))
		return given;
	/* Where both are one address, the spelling that came is kept. */
	same = given ? same_key(mailbox, &other) : 0;
	if (given && !same)
		same = is_folded(mailbox, &other);
	if (!same)
		*mailbox = other;
	return same < 0 ? same : 1;
}

static int note_unparsable(struct verdict_context *context,
	enum decide_field field, size_t index, struct bytes old,
	enum rule_table table)
{
	struct verdict none = { .result = RESULT_UNPARSABLE,
		.why = "it is no address" };

	return verdict_note(context, field, index, old, table, &none);
}

int envelope_sender(struct verdict_context *context)
{
	const struct decide_message *message = context->message;
	struct mailbox mailbox;
	struct verdict verdict;
	struct bytes spelt;
	int result;

	if (!message->sender)
		return 0;
	result = envelope_mailbox(
		message->sender, message->sender_resolved, &mailbox, &spelt);
	if (result < 0)
		return result;
	if (!spelt.len)
		return 0; /* the null sender is nobody's address */
	if (!result)
		return note_unparsable(
			context, FIELD_SENDER, 0, spelt, RULE_OUTBOUND);
	result = verdict_find(context, RULE_OUTBOUND, &mailbox, true, &verdict);
	if (result < 0)
		return result;
	if (verdict.result == RESULT_REWRITTEN) {
		if (bytes_equal(verdict.targets[0].key, verdict.key))
			verdict.result = RESULT_UNCHANGED;
		else if (verdict_in_shadow(context, RULE_OUTBOUND))
			context->decision->shadow = true;
		else
			context->decision->sender =
				verdict.targets[0].text.data;
	}
	return verdict_note(
		context, FIELD_SENDER, 0, spelt, RULE_OUTBOUND, &verdict);
}

static struct after *new_after(
	struct verdict_context *context, struct recipients *all)
{
	if (all->after_count == all->after_room) {
		size_t room = all->after_room ? 2 * all->after_room : 16;
		struct after *grown =
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

/* Adds what the recipient becomes to all->after. */
static int add_after(struct verdict_context *context, struct recipients *all,
	const struct before *before, const struct verdict *verdict,
	const char *orcpt)
{
	size_t count = before->rewritten ? verdict->target_count : 1;

	for (size_t i = 0; i < count; i++) {
		struct after *after = new_after(context, all);

		if (!after)
			return ERR_NOMEM;
		after->recipient = before->recipient;
		after->orcpt = orcpt;
		after->key = before->rewritten ? verdict->targets[i].key
					       : before->key;
		after->text = before->rewritten ? verdict->targets[i].text.data
						: NULL;
	}
	return 0;
}

/* Does the rule make nothing of the address but itself? */
static bool is_itself(const struct verdict *verdict)
{
	size_t same = 0;

	while (same < verdict->target_count &&
		bytes_equal(verdict->targets[same].key, verdict->key))
		same++;
	return same && same == verdict->target_count;
}

/* Postfix lets none through that is not; it becomes a word of a command. */
static const char *clean_orcpt(const char *orcpt)
{
	for (const char *c = orcpt; c && *c; c++)
		if ((unsigned char)*c <= 0x20 || *c == 0x7f)
			return NULL;
	return orcpt;
}

/* Looks up one recipient; it and what it becomes go into all. */
static int look_up(
	struct verdict_context *context, struct recipients *all, size_t index)
{
	const struct decide_recipient *recipient =
		&context->message->recipients[index];
	struct before *before = &all->before[all->before_count];
	struct mailbox mailbox;
	struct verdict verdict;
	const char *orcpt = clean_orcpt(recipient->orcpt);
	int result = envelope_mailbox(recipient->address, recipient->resolved,
		&mailbox, &before->spelt);

	if (!result)
		return note_unparsable(context, FIELD_RECIPIENT, index,
			before->spelt, RULE_INBOUND);
	if (result > 0)
		result = verdict_find(
			context, RULE_INBOUND, &mailbox, true, &verdict);
	if (result < 0)
		return result;
	if (is_itself(&verdict))
		verdict.result = RESULT_UNCHANGED;
	result = verdict_note(context, FIELD_RECIPIENT, index, before->spelt,
		RULE_INBOUND, &verdict);
	if (result < 0 || !verdict.key.len)
		return result;
	before->key = verdict.key;
	before->recipient = index;
	before->rewritten = verdict.result == RESULT_REWRITTEN;
	all->before_count++;
	if (before->rewritten && !orcpt)
		orcpt = dsn_orcpt(context->arena, &mailbox, before->spelt);
	if (before->rewritten && orcpt)
		orcpt = dsn_orcpt_for_milter(context->arena, orcpt);
	if (before->rewritten && !orcpt)
		return ERR_NOMEM;
	return add_after(context, all, before, &verdict, orcpt);
}

/* The parameters for a new recipient that first..first+count become. */
static const char *esmtp(const struct verdict_context *context,
	const struct after *first, size_t count)
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

/* What is after and was not before is added. The first of each key survives in
 * all->after, which is sorted by key. */
static int list_adds(struct verdict_context *context, struct recipients *all)
{
	struct decision *decision = context->decision;
	size_t kept = 0;

	for (size_t i = 0, next; i < all->after_count; i = next) {
		struct after *first = &all->after[i];

		for (next = i + 1;
			next < all->after_count &&
			bytes_equal(all->after[next].key, first->key);)
			next++;
		if (all->before_count &&
			bsearch(&first->key, all->before, all->before_count,
				sizeof *all->before, compare_key_before))
			continue;
		first->orcpt = esmtp(context, first, next - i);
		if (!first->orcpt)
			return ERR_NOMEM;
		all->after[kept++] = *first;
	}
	if (kept)
		qsort(all->after, kept, sizeof *all->after, compare_order);
	decision->adds =
		arena_alloc(context->arena, kept * sizeof *decision->adds + 1);
	if (!decision->adds)
		return ERR_NOMEM;
	for (size_t i = 0; i < kept; i++)
		decision->adds[i] = (struct decide_add){ all->after[i].text,
			all->after[i].orcpt };
	decision->add_count = kept;
	return 0;
}

/* What was before and is not after is deleted, once for each spelling. Before
 * list_adds, which takes all->after apart. */
static int list_deletes(struct verdict_context *context, struct recipients *all)
{
	struct decision *decision = context->decision;
	size_t count = 0;

	decision->deletes = arena_alloc(context->arena,
		all->before_count * sizeof *decision->deletes + 1);
	if (!decision->deletes)
		return ERR_NOMEM;
	for (size_t i = 0; i < all->before_count; i++) {
		const struct before *before = &all->before[i];

		if (!before->rewritten ||
			(i && bytes_equal(before->key, before[-1].key) &&
				bytes_equal(before->spelt, before[-1].spelt)) ||
			bsearch(&before->key, all->after, all->after_count,
				sizeof *all->after, compare_key_after))
			continue;
		decision->deletes[count] = arena_copy(
			context->arena, before->spelt.data, before->spelt.len);
		if (!decision->deletes[count])
			return ERR_NOMEM;
		count++;
	}
	decision->delete_count = count;
	return 0;
}

int envelope_recipients(struct verdict_context *context)
{
	struct recipients all = { NULL, 0, NULL, 0, 0 };
	int result;

	all.before = arena_alloc(context->arena,
		context->message->recipient_count * sizeof *all.before + 1);
	if (!all.before)
		return ERR_NOMEM;
	for (size_t i = 0; i < context->message->recipient_count; i++) {
		result = look_up(context, &all, i);
		if (result < 0)
			return result;
	}
	if (!all.before_count || !all.after_count)
		return 0;
	qsort(all.before, all.before_count, sizeof *all.before, compare_before);
	qsort(all.after, all.after_count, sizeof *all.after, compare_after);
	result = list_deletes(context, &all);
	if (!result)
		result = list_adds(context, &all);
	if (!result && verdict_in_shadow(context, RULE_INBOUND)) {
		struct decision *decision = context->decision;

		if (decision->add_count || decision->delete_count)
			decision->shadow = true;
		decision->add_count = 0;
		decision->delete_count = 0;
	}
	return result;
}

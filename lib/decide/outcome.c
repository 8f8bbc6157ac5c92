#include "decide/outcome.h"

#include "base/array.h"
#include "mail/unread.h"
#include "map/lookup.h"

/* What of the old address goes into the new one may be dangerous there. */
static enum decide_reason objection(const struct verdict_context *context,
	const struct lookup *lookup, const struct mailbox *old,
	const struct lookup_target *target, size_t text_len,
	enum decide_field field)
{
	bool keeps = target->keeps_local;
	bool new_local = !keeps || field != FIELD_HEADER;
	size_t off = keeps ? 0 : lookup->extension.off;
	size_t len = keeps ? old->local_len : lookup->extension.len;

	if (field == FIELD_RECIPIENT &&
		address_is_routed(old->local + off, len))
		return REASON_ROUTED;
	/* 64 octets before the "@" are a limit for what a rule writes: reply
	 * tokens, VERP and extensions are longer, and are delivered. */
	if (target->too_long || text_len > ADDRESS_MAX)
		return REASON_NEW_TOO_LONG;
	if (new_local && !context->message->smtputf8 &&
		address_local_is_utf8(&target->mailbox))
		return REASON_NEW_UTF8;
	return REASON_NONE;
}

/* Writes one target into the arena. */
static int write_target(const struct verdict_context *context,
	const struct lookup_target *target, const char *text, size_t len,
	struct verdict_target *out)
{
	char key[ADDRESS_KEY_MAX];
	char local[ADDRESS_TEXT_MAX];
	int key_len = address_key(&target->mailbox, key);
	size_t local_len = address_format_local(&target->mailbox, local);

	if (key_len < 0)
		return key_len;
	out->text.data = arena_copy(context->arena, text, len);
	out->text.len = len;
	out->key.data = arena_copy(context->arena, key, (size_t)key_len);
	out->key.len = (size_t)key_len;
	if (!out->text.data || !out->key.data)
		return ERR_NOMEM;
	out->keeps_local = target->keeps_local;
	out->domain = (struct bytes){ out->text.data + local_len + 1,
		len - local_len - 1 };
	return 0;
}

static size_t count_targets(struct bytes targets)
{
	struct bytes target;
	size_t count = 0;

	while (rule_next_target(&targets, &target))
		count++;
	return count;
}

/* Makes the next of verdict->targets. Returns 0; 1 and verdict->reason when the
 * address is to be left; or an error. */
static int make_target(const struct verdict_context *context,
	const struct lookup *lookup, const struct mailbox *mailbox,
	const struct lookup_target *target, enum decide_field field,
	struct verdict *verdict)
{
	char text[ADDRESS_TEXT_MAX];
	int len = address_format(&target->mailbox, text);
	int result = len;

	if (len >= 0) {
		verdict->reason = objection(
			context, lookup, mailbox, target, (size_t)len, field);
		if (verdict->reason)
			return 1;
		result = write_target(context, target, text, (size_t)len,
			&verdict->targets[verdict->target_count]);
	}
	if (result == ERR_BAD) {
		verdict->reason = REASON_NEW_INVALID;
		return 1;
	}
	if (!result)
		verdict->target_count++;
	return result;
}

/* True if the rule makes nothing of the address but itself. */
static bool is_itself(const struct verdict *verdict)
{
	size_t same = 0;

	while (same < verdict->target_count &&
		bytes_equal(verdict->targets[same].key, verdict->key))
		same++;
	return same && same == verdict->target_count;
}

static int find_targets(const struct verdict_context *context,
	const struct lookup *lookup, const struct mailbox *mailbox,
	enum decide_field field, struct verdict *verdict)
{
	struct bytes rest = lookup->targets;
	struct lookup_target target;
	size_t wanted = field == FIELD_HEADER ? 1 : count_targets(rest);
	int result = 0;

	verdict->targets =
		arena_array(context->arena, wanted, sizeof *verdict->targets);
	if (!verdict->targets)
		return ERR_NOMEM;
	verdict->result = RESULT_REWRITTEN;
	while (verdict->target_count < wanted &&
		(result = lookup_next(lookup, mailbox, &rest, &target)) == 1) {
		result = make_target(
			context, lookup, mailbox, &target, field, verdict);
		if (result < 0)
			return result;
		if (result) {
			verdict->result = RESULT_LEFT;
			verdict->target_count = 0;
			return 0;
		}
	}
	if (!result && !verdict->target_count)
		return ERR_BAD;
	if (!result && is_itself(verdict))
		verdict->result = RESULT_UNCHANGED;
	return result;
}

static int keep(const struct verdict_context *context, const char *data,
	size_t len, struct bytes *kept)
{
	kept->data = arena_copy(context->arena, data, len);
	kept->len = kept->data ? len : 0;
	return kept->data ? 0 : ERR_NOMEM;
}

int verdict_find(const struct verdict_context *context, enum rule_table table,
	const struct mailbox *mailbox, enum decide_field field,
	struct verdict *verdict)
{
	struct localpart_syntax syntax = config_localpart(context->config);
	struct lookup lookup;
	int result =
		lookup_find(context->reader, table, mailbox, &syntax, &lookup);

	memset(verdict, 0, sizeof *verdict);
	verdict->result = RESULT_UNCHANGED;
	if (result < 0)
		return result;
	if (lookup.address_len && keep(context, lookup.address,
					  lookup.address_len, &verdict->key))
		return ERR_NOMEM;
	if (!result)
		return 0;
	verdict->kind = lookup.kind;
	if (keep(context, lookup.key, lookup.key_len, &verdict->rule))
		return ERR_NOMEM;
	if (lookup.kind == RULE_EXCEPTION) {
		verdict->result = RESULT_EXCEPTION;
		return 0;
	}
	return find_targets(context, &lookup, mailbox, field, verdict);
}

int verdict_join(struct arena *arena, const struct verdict *verdict,
	struct bytes *joined)
{
	size_t len = 0;
	char *text;

	if (verdict->target_count == 1) {
		*joined = verdict->targets[0].text;
		return 0;
	}
	for (size_t i = 0; i < verdict->target_count; i++)
		len += verdict->targets[i].text.len + 1;
	text = arena_bytes(arena, len + 1);
	if (!text)
		return ERR_NOMEM;
	joined->data = text;
	for (size_t i = 0; i < verdict->target_count; i++) {
		if (i)
			*text++ = ',';
		memcpy(text, verdict->targets[i].text.data,
			verdict->targets[i].text.len);
		text += verdict->targets[i].text.len;
	}
	*text = '\0';
	joined->len = (size_t)(text - joined->data);
	return 0;
}

/* True if both are to be told of as one. */
static bool is_alike(const struct verdict_context *context,
	const struct decide_finding *a, const struct decide_finding *b)
{
	const struct decide_header *headers = context->message->headers;

	return a->result == b->result && a->reason == b->reason &&
	       bytes_equal_nocase(
		       headers[a->index].name, headers[b->index].name);
}

static bool keeps_all(const struct verdict_context *context)
{
	return context->message->explain || context->message->keep_all;
}

/* True if the address is counted by a finding of its header that is there. */
static bool is_counted(
	const struct verdict_context *context, const struct decide_finding *new)
{
	struct decision *decision = context->decision;

	if (keeps_all(context) || new->field != FIELD_HEADER)
		return false;
	for (size_t i = decision->finding_count; i > DECIDE_FINDINGS; i--) {
		struct decide_finding *finding = &decision->findings[i - 1];

		if (finding->field != FIELD_HEADER ||
			finding->index != new->index)
			break;
		if (finding->result == new->result &&
			finding->reason == new->reason) {
			finding->more++;
			return true;
		}
	}
	return false;
}

void verdict_fold(struct verdict_context *context, size_t index)
{
	struct decision *decision = context->decision;
	struct decide_finding *findings = decision->findings;
	size_t end = decision->finding_count;
	size_t first = end;

	if (keeps_all(context))
		return;
	while (first > DECIDE_FINDINGS &&
		findings[first - 1].field == FIELD_HEADER &&
		findings[first - 1].index == index)
		first--;
	decision->finding_count = first;
	for (size_t i = first; i < end; i++) {
		size_t n = DECIDE_FINDINGS;

		while (n < first &&
			(findings[n].field != FIELD_HEADER ||
				!is_alike(context, &findings[n], &findings[i])))
			n++;
		if (n < first)
			findings[n].more += 1 + findings[i].more;
		else
			findings[decision->finding_count++] = findings[i];
	}
}

/* What the finding keeps of a verdict that lives shorter. */
static int keep_finding(const struct verdict_context *context,
	const struct verdict *verdict, struct decide_finding *finding)
{
	finding->key = verdict->rule;
	if (verdict->result == RESULT_REWRITTEN &&
		verdict_join(context->arena, verdict, &finding->new) < 0)
		return ERR_NOMEM;
	if (finding->field != FIELD_HEADER)
		return 0;
	if (finding->key.len && keep(context, verdict->rule.data,
					verdict->rule.len, &finding->key))
		return ERR_NOMEM;
	return finding->new.len ? keep(context, finding->new.data,
					  finding->new.len, &finding->new)
				: 0;
}

int verdict_note(struct verdict_context *context, enum decide_field field,
	size_t index, struct bytes old, enum rule_table table,
	const struct verdict *verdict)
{
	struct decision *decision = context->decision;
	struct decide_finding *findings;
	struct decide_finding new = { .field = field,
		.result = verdict->result,
		.index = index,
		.old = old,
		.kind = verdict->kind,
		.table = table,
		.shadow = decide_in_shadow(context->config, table),
		.reason = verdict->reason };

	decision->counts[field][verdict->result]++;
	if ((!context->message->explain &&
		    verdict->result != RESULT_REWRITTEN &&
		    verdict->result != RESULT_LEFT &&
		    verdict->reason != REASON_UNREAD) ||
		is_counted(context, &new))
		return 0;
	findings = array_grow_in(context->arena, decision->findings,
		decision->finding_count, &context->findings_room,
		sizeof *findings);
	if (!findings || keep_finding(context, verdict, &new) < 0)
		return ERR_NOMEM;
	findings[decision->finding_count++] = new;
	decision->findings = findings;
	return 0;
}

/* 1 if the domain has that role in the rules, 0, or an error. */
static int names(struct map_reader *reader, unsigned role, struct bytes domain)
{
	char key[ADDRESS_KEY_MAX];
	unsigned roles = 0;
	int result = address_domain_key(domain.data, domain.len, key);

	if (result < 0)
		return result == ERR_BAD ? 0 : result;
	result = map_domain_roles(
		reader, (struct bytes){ key, (size_t)result }, &roles);
	return result < 0 ? result : (roles & role) != 0;
}

/* 1 if the text holds an "@domain" that a rule of the table names; 0, or an
 * error. */
static int names_domain(
	struct map_reader *reader, enum rule_table table, struct bytes text)
{
	unsigned role =
		table == RULE_OUTBOUND ? MAP_ROLE_OUTBOUND : MAP_ROLE_INBOUND;
	struct unread unread;
	int result = 0;

	while (!result && unread_next(&text, &unread)) {
		for (unsigned i = 0; !result && i < unread.len_count; i++)
			result = names(reader, role,
				(struct bytes){ unread.text + unread.at + 1,
					unread.len[i] - unread.at - 1 });
	}
	return result;
}

int outcome_unread(const struct verdict_context *context, enum rule_table table,
	struct bytes text, enum decide_reason reason, struct verdict *verdict)
{
	int result = names_domain(context->reader, table, text);

	*verdict = (struct verdict){ .result = RESULT_UNPARSABLE,
		.reason = result == 1 ? REASON_UNREAD : reason };
	return result < 0 ? result : 0;
}

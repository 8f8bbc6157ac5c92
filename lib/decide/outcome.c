#include "decide/outcome.h"

#include "base/array.h"
#include "mail/unread.h"
#include "map/lookup.h"

/* Returns why the address must be left, or DECISION_REASON_NONE. */
static enum decision_reason reason_to_leave(
	const struct decide_context *context, const struct lookup *lookup,
	const struct mailbox *old, const struct lookup_target *target,
	size_t text_len, enum decision_field field)
{
	bool keeps = target->keeps_local;
	bool new_local = !keeps || field != DECISION_HEADER;
	size_t off = keeps ? 0 : lookup->extension.off;
	size_t len = keeps ? old->local_len : lookup->extension.len;

	if (field == DECISION_RECIPIENT &&
		address_is_routed(old->local + off, len))
		return DECISION_REASON_ROUTED;
	/* The limit of 64 octets for the local part (RFC 5321, 4.5.3.1.1) holds
	 * for the targets in a table only. Reply tokens, VERP and extensions
	 * are longer, and are delivered. */
	if (target->too_long || text_len > ADDRESS_MAX)
		return DECISION_REASON_NEW_TOO_LONG;
	if (new_local && !context->message->smtputf8 &&
		address_local_is_utf8(&target->mailbox))
		return DECISION_REASON_NEW_UTF8;
	return DECISION_REASON_NONE;
}

/* Copies one target into the arena. */
static int write_target(const struct decide_context *context,
	const struct lookup_target *target, const char *text, size_t len,
	struct outcome_target *out)
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

/* Makes the next of outcome->targets. Returns 0; or 1, with outcome->reason
 * set, if the address must be left; or a negative error. */
static int make_target(const struct decide_context *context,
	const struct lookup *lookup, const struct mailbox *mailbox,
	const struct lookup_target *target, enum decision_field field,
	struct outcome *outcome)
{
	char text[ADDRESS_TEXT_MAX];
	int len = address_format(&target->mailbox, text);
	int result = len;

	if (len >= 0) {
		outcome->reason = reason_to_leave(
			context, lookup, mailbox, target, (size_t)len, field);
		if (outcome->reason)
			return 1;
		result = write_target(context, target, text, (size_t)len,
			&outcome->targets[outcome->target_count]);
	}
	if (result == ERR_BAD) {
		outcome->reason = DECISION_REASON_NEW_INVALID;
		return 1;
	}
	if (!result)
		outcome->target_count++;
	return result;
}

/* True if every target is the address itself. */
static bool is_itself(const struct outcome *outcome)
{
	size_t same = 0;

	while (same < outcome->target_count &&
		bytes_equal(outcome->targets[same].key, outcome->key))
		same++;
	return same && same == outcome->target_count;
}

static int find_targets(const struct decide_context *context,
	const struct lookup *lookup, const struct mailbox *mailbox,
	enum decision_field field, struct outcome *outcome)
{
	struct bytes rest = lookup->targets;
	struct lookup_target target;
	size_t wanted = field == DECISION_HEADER ? 1 : count_targets(rest);
	int result = 0;

	outcome->targets =
		arena_array(context->arena, wanted, sizeof *outcome->targets);
	if (!outcome->targets)
		return ERR_NOMEM;
	outcome->result = DECISION_REWRITTEN;
	while (outcome->target_count < wanted &&
		(result = lookup_next(lookup, mailbox, &rest, &target)) == 1) {
		result = make_target(
			context, lookup, mailbox, &target, field, outcome);
		if (result < 0)
			return result;
		if (result) {
			outcome->result = DECISION_LEFT;
			outcome->target_count = 0;
			return 0;
		}
	}
	if (!result && !outcome->target_count)
		return ERR_BAD;
	if (!result && is_itself(outcome))
		outcome->result = DECISION_UNCHANGED;
	return result;
}

static int keep(const struct decide_context *context, const char *data,
	size_t len, struct bytes *kept)
{
	kept->data = arena_copy(context->arena, data, len);
	kept->len = kept->data ? len : 0;
	return kept->data ? 0 : ERR_NOMEM;
}

int outcome_find(const struct decide_context *context, enum rule_table table,
	const struct mailbox *mailbox, enum decision_field field,
	struct outcome *outcome)
{
	struct localpart_syntax syntax = config_localpart(context->config);
	struct lookup lookup;
	int result =
		lookup_find(context->reader, table, mailbox, &syntax, &lookup);

	memset(outcome, 0, sizeof *outcome);
	outcome->result = DECISION_UNCHANGED;
	if (result < 0)
		return result;
	if (lookup.address_len && keep(context, lookup.address,
					  lookup.address_len, &outcome->key))
		return ERR_NOMEM;
	if (!result)
		return 0;
	outcome->kind = lookup.kind;
	if (keep(context, lookup.key, lookup.key_len, &outcome->rule))
		return ERR_NOMEM;
	if (lookup.kind == RULE_EXCEPTION) {
		outcome->result = DECISION_EXCEPTION;
		return 0;
	}
	return find_targets(context, &lookup, mailbox, field, outcome);
}

int outcome_join(struct arena *arena, const struct outcome *outcome,
	struct bytes *joined)
{
	size_t len = 0;
	char *text;

	if (outcome->target_count == 1) {
		*joined = outcome->targets[0].text;
		return 0;
	}
	for (size_t i = 0; i < outcome->target_count; i++)
		len += outcome->targets[i].text.len + 1;
	text = arena_bytes(arena, len + 1);
	if (!text)
		return ERR_NOMEM;
	joined->data = text;
	for (size_t i = 0; i < outcome->target_count; i++) {
		if (i)
			*text++ = ',';
		memcpy(text, outcome->targets[i].text.data,
			outcome->targets[i].text.len);
		text += outcome->targets[i].text.len;
	}
	*text = '\0';
	joined->len = (size_t)(text - joined->data);
	return 0;
}

/* True if both findings are reported as one. */
static bool is_alike(const struct decide_context *context,
	const struct decision_finding *a, const struct decision_finding *b)
{
	const struct decide_header *headers = context->message->headers;

	return a->result == b->result && a->reason == b->reason &&
	       bytes_equal_nocase(
		       headers[a->index].name, headers[b->index].name);
}

static bool keeps_all(const struct decide_context *context)
{
	return context->message->explain || context->message->keep_all;
}

/* Counts the address in an earlier finding of its header, if there is one with
 * the same result and reason. True if it did. */
static bool is_counted(const struct decide_context *context,
	const struct decision_finding *new)
{
	struct decision *decision = context->decision;

	if (keeps_all(context) || new->field != DECISION_HEADER)
		return false;
	for (size_t i = decision->finding_count; i > DECISION_FINDINGS; i--) {
		struct decision_finding *finding = &decision->findings[i - 1];

		if (finding->field != DECISION_HEADER ||
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

void outcome_fold(struct decide_context *context, size_t index)
{
	struct decision *decision = context->decision;
	struct decision_finding *findings = decision->findings;
	size_t end = decision->finding_count;
	size_t first = end;

	if (keeps_all(context))
		return;
	while (first > DECISION_FINDINGS &&
		findings[first - 1].field == DECISION_HEADER &&
		findings[first - 1].index == index)
		first--;
	decision->finding_count = first;
	for (size_t i = first; i < end; i++) {
		size_t n = DECISION_FINDINGS;

		while (n < first &&
			(findings[n].field != DECISION_HEADER ||
				!is_alike(context, &findings[n], &findings[i])))
			n++;
		if (n < first)
			findings[n].more += 1 + findings[i].more;
		else
			findings[decision->finding_count++] = findings[i];
	}
}

/* Sets the finding's key and new address, as copies if the outcome is one of a
 * header, which does not live as long. */
static int keep_finding(const struct decide_context *context,
	const struct outcome *outcome, struct decision_finding *finding)
{
	finding->key = outcome->rule;
	if (outcome->result == DECISION_REWRITTEN &&
		outcome_join(context->arena, outcome, &finding->new) < 0)
		return ERR_NOMEM;
	if (finding->field != DECISION_HEADER)
		return 0;
	if (finding->key.len && keep(context, outcome->rule.data,
					outcome->rule.len, &finding->key))
		return ERR_NOMEM;
	return finding->new.len ? keep(context, finding->new.data,
					  finding->new.len, &finding->new)
				: 0;
}

/* Adds a use to the decision. That one is lost is no failure: uses are
 * statistics, and mail does not wait for them. */
static void note_use(struct decide_context *context, enum decision_field field,
	enum rule_table table, const struct outcome *outcome)
{
	struct decision *decision = context->decision;
	struct decision_use use = { field, table, outcome->kind,
		outcome->result == DECISION_REWRITTEN, outcome->rule,
		{ NULL, 0 } };
	struct decision_use *uses = NULL;

	if (rule_key_is_domain(use.rule))
		use.address = outcome->key;
	if (decision->use_count < DECISION_USES)
		uses = array_grow_in(context->arena, decision->uses,
			decision->use_count, &context->uses_room, sizeof *uses);
	if (uses)
		decision->uses = uses;
	/* The outcome of a header's address does not live as long. */
	if (!uses || (field == DECISION_HEADER &&
			     (keep(context, use.rule.data, use.rule.len,
				      &use.rule) < 0 ||
				     (use.address.len &&
					     keep(context, use.address.data,
						     use.address.len,
						     &use.address) < 0))))
		decision->uses_lost = true;
	else
		uses[decision->use_count++] = use;
}

int outcome_note(struct decide_context *context, enum decision_field field,
	size_t index, struct bytes old, enum rule_table table,
	const struct outcome *outcome)
{
	struct decision *decision = context->decision;
	struct decision_finding *findings;
	struct decision_finding new = { .field = field,
		.result = outcome->result,
		.index = index,
		.old = old,
		.kind = outcome->kind,
		.table = table,
		.shadow = decision_in_shadow(context->config, table),
		.reason = outcome->reason };

	decision->counts[field][outcome->result]++;
	if (outcome->rule.len && outcome->result != DECISION_LEFT)
		note_use(context, field, table, outcome);
	if ((!context->message->explain &&
		    outcome->result != DECISION_REWRITTEN &&
		    outcome->result != DECISION_LEFT &&
		    outcome->reason != DECISION_REASON_UNREAD) ||
		is_counted(context, &new))
		return 0;
	findings = array_grow_in(context->arena, decision->findings,
		decision->finding_count, &context->findings_room,
		sizeof *findings);
	if (!findings || keep_finding(context, outcome, &new) < 0)
		return ERR_NOMEM;
	findings[decision->finding_count++] = new;
	decision->findings = findings;
	return 0;
}

/* Returns 1 if the domain has that role in the rules, 0 if not, or a negative
 * error. */
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

/* Returns 1 if the text contains "@" and the domain of a source in the table, 0
 * if not, or a negative error. */
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

int outcome_unread(const struct decide_context *context, enum rule_table table,
	struct bytes text, enum decision_reason reason, struct outcome *outcome)
{
	int result = names_domain(context->reader, table, text);

	*outcome = (struct outcome){ .result = DECISION_UNPARSABLE,
		.reason = result == 1 ? DECISION_REASON_UNREAD : reason };
	return result < 0 ? result : 0;
}

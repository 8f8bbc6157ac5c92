#include "check/roundtrip.h"

static struct bytes local_of(const struct node *node)
{
	struct bytes domain = node_domain(node);

	return (struct bytes){ node->key, node->key_len - domain.len };
}

/* Returns how many rules of the table have the rule's target as their only
 * target. Sets *first to true if this rule is the first of them. */
static size_t count_sharing(const struct finding_run *check,
	const struct finding_rule *rule, bool *first)
{
	struct bytes source = { NULL, 0 };
	size_t count = checktargets_find(
		&check->targets[rule->table], node_key(&rule->to), &source);

	*first = bytes_equal(source, rule->rule.key);
	return count;
}

/*
 * Writes which outbound rule the target needs. If several rules lead to the
 * target, or the rule has several targets, the advice does not name a source: a
 * person's mail would leave with a shared address. Returns false if another
 * rule with the same target reports it.
 */
static bool advise_sender(const struct finding_run *check,
	const struct finding_rule *rule, const char *target,
	char advice[FINDING_TEXT], size_t *sharing)
{
	bool first;

	*sharing = count_sharing(check, rule, &first);
	if (*sharing > 1 && !rule->several && !first)
		return false;
	if (*sharing > 1 || rule->several)
		finding_say(advice,
			"add one outbound rule for %" FINDING_SHOWN
			", with the public address that its user is known by",
			target);
	else
		finding_say(advice,
			"add the outbound rule %" FINDING_SHOWN
			";%" FINDING_SHOWN,
			target, rule->source);
	return true;
}

/* Reports a target whose domain inbound serves, too: it may be a public address
 * itself, so the advice names no other. */
static int report_public(struct finding_run *check,
	const struct finding_rule *rule, const char *target)
{
	char why[FINDING_TEXT];

	finding_say(why,
		"outbound has no rule that leads back: mail from "
		"%" FINDING_SHOWN
		" leaves under that address, whose domain inbound serves, too",
		target);
	return finding_report(check, rule, CHECK_NO_INVERSE, CHECK_INFO, why,
		"nothing if that address may be seen outside");
}

/* Reports an inbound rule whose target has no outbound rule. A whole domain is
 * not reported, since its mail system may send with the public name itself;
 * neither is a rule that keeps the local part while there are no outbound rules
 * at all. */
static int report_no_way_back(
	struct finding_run *check, const struct finding_rule *rule)
{
	char why[FINDING_TEXT];
	char advice[FINDING_TEXT];
	char text[ADDRESS_TEXT_MAX];
	bool renamed = !bytes_equal(local_of(&rule->from), local_of(&rule->to));
	int public =
		map_names_domain(check->rules.reader, node_domain(&rule->to));
	size_t sharing;

	if (public < 0)
		return public;
	if (node_is_domain(&rule->from) || (check->one_way && !renamed))
		return 0;
	node_text(&rule->to, text);
	if (public)
		return report_public(check, rule, text);
	if (!advise_sender(check, rule, text, advice, &sharing))
		return 0;
	if (sharing > 1)
		finding_say(why,
			"outbound has no rule for the target, to which %zu "
			"rules lead: mail from %" FINDING_SHOWN
			" leaves under that address",
			sharing, text);
	else
		finding_say(why,
			"outbound has no rule that leads back: mail from "
			"%" FINDING_SHOWN " leaves under that address",
			text);
	return finding_report(check, rule, CHECK_NO_INVERSE,
		rule->several ? CHECK_INFO : CHECK_WARN, why, advice);
}

/* Follows inbound and outbound rules by turns from shown. Returns 1 and writes
 * the path if they lead back to this rule's source, 0 if not, or a negative
 * error. */
static int find_round(const struct finding_run *check,
	const struct finding_rule *rule, const struct node *shown,
	char path[FINDING_TEXT])
{
	struct node here = *shown;
	struct node next;
	struct lookup lookup;

	path[0] = '\0';
	finding_path(path, rule->source);
	finding_path_to(path, &rule->to);
	for (int hop = 0; hop < FINDING_HOPS; hop++) {
		enum rule_table table = hop % 2 ? RULE_OUTBOUND : RULE_INBOUND;
		int result;

		finding_path_to(path, &here);
		if (table == RULE_INBOUND && node_equal(&here, &rule->from))
			return 1;
		result = node_follow(
			&check->rules, table, &here, &lookup, &next);
		if (result <= 0)
			return result;
		if (node_equal(&here, &next))
			return 0;
		here = next;
	}
	return 0;
}

static int report_elsewhere(struct finding_run *check,
	const struct finding_rule *rule, const struct node *shown)
{
	char why[FINDING_TEXT];
	char advice[FINDING_TEXT];
	char path[FINDING_TEXT];
	char text[ADDRESS_TEXT_MAX];
	bool first;
	int result = find_round(check, rule, shown, path);

	if (result < 0)
		return result;
	node_text(shown, text);
	if (count_sharing(check, rule, &first) > 1 || rule->several)
		finding_say(advice,
			"make the outbound rule for the target lead to the "
			"public address that its user is known by");
	else
		finding_say(advice,
			"make the outbound rule for the target lead to "
			"%" FINDING_SHOWN " instead",
			rule->source);
	if (result) {
		finding_say(why,
			"both tables together lead back to the source, but "
			"through other addresses (%s): each answer reaches "
			"another person",
			path);
		return finding_report(
			check, rule, CHECK_LOOP, CHECK_FAIL, why, advice);
	}
	finding_say(why,
		"outbound does not lead back: mail from the target leaves as "
		"%" FINDING_SHOWN
		", and answers to that address do not reach the target",
		text);
	return finding_report(
		check, rule, CHECK_NOT_INVERSE, CHECK_FAIL, why, advice);
}

int roundtrip_shown(
	const struct finding_run *check, const struct finding_rule *rule)
{
	struct lookup lookup;
	struct node shown;
	int result = node_follow(
		&check->rules, RULE_OUTBOUND, &rule->to, &lookup, &shown);

	if (result <= 0 || lookup.kind == RULE_EXCEPTION)
		return result < 0 ? result : 0;
	if (node_equal(&shown, &rule->from))
		return 1;
	return node_leads_to(&check->rules, RULE_INBOUND, &shown, &rule->to);
}

int roundtrip_inbound(
	struct finding_run *check, const struct finding_rule *rule)
{
	struct lookup lookup;
	struct node shown;
	char why[FINDING_TEXT];
	char text[ADDRESS_TEXT_MAX];
	int result;

	if (rule->kind != RULE_USER && rule->kind != RULE_DOMAIN)
		return 0;
	result = node_follow(
		&check->rules, RULE_OUTBOUND, &rule->to, &lookup, &shown);
	if (!result)
		return report_no_way_back(check, rule);
	if (result < 0 || lookup.kind == RULE_EXCEPTION ||
		node_equal(&shown, &rule->from) ||
		node_is_domain(&rule->from) != node_is_domain(&shown))
		return result < 0 ? result : 0;
	result = node_leads_to(&check->rules, RULE_INBOUND, &shown, &rule->to);
	if (result < 0)
		return result;
	if (!result)
		return report_elsewhere(check, rule, &shown);
	/* check.c reports two domains with one target. Members of a list answer
	 * with their own address. */
	if (rule->several || rule->kind == RULE_DOMAIN)
		return 0;
	node_text(&shown, text);
	finding_say(why,
		"%" FINDING_SHOWN
		" has the same target, and outbound rewrites the target to "
		"it: mail from the target never leaves as %" FINDING_SHOWN,
		text, rule->source);
	return finding_report(check, rule, CHECK_MANY, CHECK_INFO, why,
		"nothing if both are addresses of the same mailbox");
}

int roundtrip_outbound(
	struct finding_run *check, const struct finding_rule *rule)
{
	struct lookup lookup;
	struct node reached;
	struct node shown;
	char why[FINDING_TEXT];
	char advice[FINDING_TEXT];
	char text[ADDRESS_TEXT_MAX];
	bool first;
	size_t sharing = count_sharing(check, rule, &first);
	int result =
		map_names_domain(check->rules.reader, node_domain(&rule->to));

	if (result <= 0 || rule->kind != RULE_USER)
		return result < 0 ? result : 0; /* check.c reports it */
	result = node_follow(
		&check->rules, RULE_INBOUND, &rule->to, &lookup, &reached);
	if (result < 0 ||
		(result && (lookup.kind == RULE_EXCEPTION ||
				   node_equal(&reached, &rule->from))))
		return result < 0 ? result : 0;
	node_text(&rule->to, text);
	if (!result) {
		finding_say(why,
			"inbound has no rule that leads back: answers to "
			"%" FINDING_SHOWN " are not readdressed",
			text);
		if (sharing > 1)
			finding_say(advice,
				"add an inbound rule for %" FINDING_SHOWN
				" that says who gets the answers: %zu outbound "
				"rules show it",
				text, sharing);
		else
			finding_say(advice,
				"add the inbound rule %" FINDING_SHOWN
				";%" FINDING_SHOWN,
				text, rule->source);
		return finding_report(
			check, rule, CHECK_NO_INVERSE, CHECK_WARN, why, advice);
	}
	result = node_leads_to(
		&check->rules, RULE_INBOUND, &rule->to, &rule->from);
	if (result)
		return result < 0 ? result : 0;
	result = node_follow(
		&check->rules, RULE_OUTBOUND, &reached, &lookup, &shown);
	if (result < 0)
		return result;
	node_text(&reached, text);
	finding_say(why,
		"inbound does not lead back: answers go to %" FINDING_SHOWN,
		text);
	if (result && node_equal(&shown, &rule->to))
		return finding_report(check, rule, CHECK_MANY, CHECK_INFO, why,
			"nothing if both are mailboxes of the same person");
	if (sharing > 1)
		finding_say(advice,
			"nothing if %" FINDING_SHOWN
			" should get the answers to a shared address",
			text);
	else
		finding_say(advice,
			"make the inbound rule for the target lead to "
			"%" FINDING_SHOWN " instead",
			rule->source);
	return finding_report(
		check, rule, CHECK_NOT_INVERSE, CHECK_WARN, why, advice);
}

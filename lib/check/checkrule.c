#include "check/checkrule.h"

#include "check/roundtrip.h"
#include "rules/ruletarget.h"

static bool is_own(const struct finding_rule *rule, const struct lookup *lookup)
{
	return bytes_equal(
		(struct bytes){ lookup->key, lookup->key_len }, rule->rule.key);
}

/* Follows the rules of one table from the target. Returns 1 and writes the path
 * if they lead back to this rule, 0 if they do not, or a negative error. */
static int find_loop(const struct finding_run *check,
	const struct finding_rule *rule, char path[FINDING_TEXT])
{
	struct node here = rule->to;
	struct node next;
	struct lookup lookup;

	path[0] = '\0';
	finding_path(path, rule->source);
	for (int hop = 0; hop < FINDING_HOPS; hop++) {
		int result = node_follow(
			&check->rules, rule->table, &here, &lookup, &next);

		if (result <= 0)
			return result;
		finding_path_to(path, &here);
		if (is_own(rule, &lookup))
			return 1;
		if (node_equal(&here, &next))
			return 0;
		here = next;
	}
	return 0;
}

static int report_chain(struct finding_run *check,
	const struct finding_rule *rule, const struct lookup *lookup,
	const struct node *next)
{
	char why[FINDING_TEXT];
	char advice[FINDING_TEXT];
	char path[FINDING_TEXT];
	char key[ADDRESS_TEXT_MAX];
	char text[ADDRESS_TEXT_MAX];
	int result = find_loop(check, rule, path);

	if (result < 0)
		return result;
	if (result) {
		finding_say(why,
			"the rules lead from the target back to this rule "
			"(%s): mail that returns to this relay, or passes "
			"another relay with these rules, is sent in a loop",
			path);
		return finding_report(check, rule, CHECK_LOOP, CHECK_FAIL, why,
			"change or delete one of these rules");
	}
	(void)rule_source_text(
		(struct bytes){ lookup->key, lookup->key_len }, key);
	node_text(next, text);
	finding_say(why,
		"the target is also a source (rule %" FINDING_SHOWN
		"), but a rewritten address is never looked up again: the "
		"mail goes to the target",
		key);
	finding_say(advice,
		"if the mail is meant for %" FINDING_SHOWN
		", make that the target",
		text);
	return finding_report(
		check, rule, CHECK_CHAIN, CHECK_WARN, why, advice);
}

/* Reports a target that is a domain whose users have rules of their own. */
static int check_users_behind(
	struct finding_run *check, const struct finding_rule *rule)
{
	struct bytes domain = node_domain(&rule->to);
	char why[FINDING_TEXT];
	int result = map_names_domain(check->rules.reader, domain);

	if (result <= 0)
		return result;
	finding_say(why,
		"addresses of %.*s have rules of their own, but a rewritten "
		"address is never looked up again: those rules do not apply "
		"to this mail",
		(int)domain.len, domain.data);
	return finding_report(check, rule, CHECK_CHAIN, CHECK_WARN, why,
		"if they should apply, add such rules for the addresses of the "
		"source's domain, too");
}

static int check_chain(
	struct finding_run *check, const struct finding_rule *rule)
{
	struct lookup lookup;
	struct node next;
	struct bytes rest;
	struct bytes first;
	int result = node_follow(
		&check->rules, rule->table, &rule->to, &lookup, &next);

	if (!result && rule->table == RULE_INBOUND && node_is_domain(&rule->to))
		return check_users_behind(check, rule);
	if (result <= 0 || lookup.kind == RULE_EXCEPTION)
		return result < 0 ? result : 0;
	rest = lookup.targets;
	if (node_equal(&rule->to, &next) && rule_next_target(&rest, &first) &&
		!rest.len)
		return 0; /* it leads to itself */
	return report_chain(check, rule, &lookup, &next);
}

static int check_catchall(
	struct finding_run *check, const struct finding_rule *rule)
{
	if (rule->table == RULE_INBOUND)
		return finding_report(check, rule, CHECK_CATCHALL, CHECK_INFO,
			"mail to every address of the domain without a rule of "
			"its own goes to one mailbox, including misspelt "
			"addresses and spam",
			"list the users if mail to unknown ones should be "
			"refused");
	return finding_report(check, rule, CHECK_CATCHALL, CHECK_INFO,
		"mail from every address of the domain without a rule of its "
		"own leaves with one address",
		"list the users if each should leave with their own address");
}

/* Reports a target like "x@mail": only a local resolver may know "mail". */
static int check_label(
	struct finding_run *check, const struct finding_rule *rule)
{
	struct bytes domain = node_domain(&rule->to);
	char why[FINDING_TEXT];

	if (memchr(domain.data, '.', domain.len) || domain.data[0] == '[')
		return 0;
	finding_say(why,
		"the domain %.*s has no dot: other servers cannot find it, and "
		"Postfix may append its own domain",
		(int)domain.len, domain.data);
	return finding_report(check, rule, CHECK_ONE_LABEL, CHECK_WARN, why,
		"write the full domain");
}

static int check_target(
	struct finding_run *check, const struct finding_rule *rule)
{
	int result = check_label(check, rule);

	if (!result && address_local_is_utf8(&rule->to.mailbox))
		result = finding_report(check, rule, CHECK_SMTPUTF8, CHECK_WARN,
			"the target has UTF-8 before the @: a message without "
			"SMTPUTF8 is not readdressed to it",
			"give that mailbox an ASCII address, and make it the "
			"target");
	if (result || node_equal(&rule->to, &rule->from))
		return result; /* one to many may keep a copy */
	result = check_chain(check, rule);
	if (!result)
		result = rule->table == RULE_INBOUND
				 ? roundtrip_inbound(check, rule)
				 : roundtrip_outbound(check, rule);
	return result;
}

int checkrule_find_parent(const struct finding_run *check,
	enum rule_table table, struct bytes domain, struct bytes *value)
{
	char key[ADDRESS_KEY_MAX + 3] = "@*.";

	for (size_t i = 0; i < domain.len; i++) {
		size_t rest = domain.len - i - 1;
		int result;

		if (domain.data[i] != '.' || !rest ||
			rest + 3 > ADDRESS_KEY_MAX)
			continue;
		memcpy(key + 3, domain.data + i + 1, rest);
		result = map_get(check->rules.reader, table,
			(struct bytes){ key, rest + 3 }, value);
		if (result)
			return result;
	}
	return 0;
}

/* Returns 1 if a rule of a parent domain would rewrite addresses of this rule's
 * domain without this rule, 0 if not, or a negative error. */
static int hides_parent(
	const struct finding_run *check, const struct finding_rule *rule)
{
	struct bytes domain = { rule->rule.key.data + 1,
		rule->rule.key.len - 1 };
	struct bytes value;
	int result;

	if (domain.len > 2 && domain.data[0] == '*')
		domain = (struct bytes){ domain.data + 2, domain.len - 2 };
	result = checkrule_find_parent(check, rule->table, domain, &value);
	return result > 0 ? rule_value_kind(value) != RULE_EXCEPTION : result;
}

static int check_exception(
	struct finding_run *check, const struct finding_rule *rule)
{
	int result = rule_key_is_domain(rule->rule.key)
			     ? hides_parent(check, rule)
			     : 1;

	if (result)
		return result < 0 ? result : 0;
	return finding_report(check, rule, CHECK_NO_EFFECT, CHECK_INFO,
		"the rule leads a domain to itself, and without it no rule of "
		"a parent domain would apply: it protects no address from a "
		"change",
		rule->table == RULE_INBOUND
			? "keep it while addresses without a rule of their "
			  "own stay where they are, for Postfix refuses their "
			  "mail without it; otherwise delete it"
			: "delete it");
}

/* An earlier version may have made the rule: it accepted more. */
int checkrule_refused(
	struct finding_run *check, const struct finding_rule *rule)
{
	struct error reason;
	char why[FINDING_TEXT];
	int result = rule_refused(rule->table, &rule->rule, &reason);

	if (result <= 0)
		return result;
	finding_say(why, "load would refuse this rule today: %s", reason.text);
	return finding_report(check, rule, CHECK_REFUSED, CHECK_WARN, why,
		"export the table, correct the row and load the table; until "
		"then the rule keeps working");
}

int checkrule_run(struct finding_run *check, struct finding_rule *rule)
{
	struct bytes rest = rule_value_targets(rule->rule.value);
	int result = checkrule_refused(check, rule);

	if (result)
		return result;
	if (rule->kind == RULE_EXCEPTION)
		return check_exception(check, rule);
	if (rule->kind == RULE_CATCHALL)
		result = check_catchall(check, rule);
	while (!result && rule_next_target(&rest, &rule->target)) {
		result = node_read(rule->target, &rule->to);
		if (!result)
			result = check_target(check, rule);
	}
	return result;
}

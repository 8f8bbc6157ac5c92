#include "check/checkdomains.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>

#include "check/checkrule.h"

#include "base/array.h"
#include "rules/route.h"

#define SHORTEST 6 /* "d.com" is not a typing error for "w.com" */

/* A domain of the inbound table, as a source or as a target. */
struct domain {
	struct bytes name;
	uint64_t users;	     /* the number of rules for its users */
	struct rule user;    /* the first of them */
	bool whole;	     /* there is a rule for the whole domain */
	uint64_t led_to;     /* the number of rules that lead to it */
	struct rule leading; /* the first of them */
	size_t number;	     /* the last rule counted there, from 1 */
};

struct checkdomains {
	struct arena *arena;
	void *tree; /* tsearch's, of struct domain */
	struct domain **list;
	size_t count;
	size_t room;
	size_t rules;
	size_t pairs; /* the number of pairs of names compared */
};

struct checkdomains *checkdomains_open(struct arena *arena)
{
	struct checkdomains *domains = calloc(1, sizeof *domains);

	if (domains)
		domains->arena = arena;
	return domains;
}

static int compare(const void *a, const void *b)
{
	const struct domain *x = a;
	const struct domain *y = b;

	return bytes_compare(x->name, y->name);
}

static int compare_listed(const void *a, const void *b)
{
	const struct domain *const *x = a;
	const struct domain *const *y = b;

	return compare(*x, *y);
}

void checkdomains_close(struct checkdomains *domains)
{
	if (!domains)
		return;
	for (size_t i = 0; i < domains->count; i++)
		(void)tdelete(domains->list[i], &domains->tree, compare);
	free(domains->list);
	free(domains);
}

static struct domain *make(struct checkdomains *domains, struct bytes name)
{
	struct domain *made = arena_alloc(domains->arena, sizeof *made);
	struct domain **grown;

	if (!made)
		return NULL;
	*made = (struct domain){
		.name = { arena_copy(domains->arena, name.data, name.len),
			name.len }
	};
	grown = array_grow(
		domains->list, domains->count, &domains->room, sizeof(void *));
	if (!grown)
		return NULL;
	domains->list = grown;
	if (!made->name.data || !tsearch(made, &domains->tree, compare))
		return NULL;
	domains->list[domains->count++] = made;
	return made;
}

/* Returns the domain of this name, and makes it if it is new. Returns NULL if
 * memory is exhausted. */
static struct domain *find(struct checkdomains *domains, struct bytes name)
{
	struct domain wanted = { .name = name };
	struct domain **found = tfind(&wanted, &domains->tree, compare);

	return found ? *found : make(domains, name);
}

static int add_source(
	struct checkdomains *domains, const struct finding_rule *rule)
{
	bool whole = rule_key_is_domain(rule->rule.key);
	struct domain *domain;

	if (!rule->from.key_len)
		return 0; /* "@*.parent" */
	domain = find(domains, node_domain(&rule->from));
	if (!domain)
		return ERR_NOMEM;
	if (whole)
		domain->whole = true;
	else if (!domain->users++)
		domain->user = rule->rule;
	return 0;
}

int checkdomains_add(
	struct checkdomains *domains, const struct finding_rule *rule)
{
	struct bytes rest = rule_value_targets(rule->rule.value);
	struct bytes target;
	struct node to;
	int result = add_source(domains, rule);

	domains->rules++;
	if (rule->kind == RULE_EXCEPTION)
		return result;
	while (!result && rule_next_target(&rest, &target)) {
		struct domain *domain;

		result = node_read(target, &to);
		if (result)
			return result;
		domain = find(domains, node_domain(&to));
		if (!domain)
			return ERR_NOMEM;
		if (domain->number == domains->rules)
			continue;
		domain->number = domains->rules;
		if (!domain->led_to++)
			domain->leading = rule->rule;
	}
	return result;
}

/* Reads a rule for finding_report(), with its target in that domain, or with
 * its first target if domain is empty. */
static int read_rule(
	const struct rule *rule, struct bytes domain, struct finding_rule *read)
{
	struct bytes rest = rule_value_targets(rule->value);
	int result = finding_read(RULE_INBOUND, rule, read);

	while (!result && rule_next_target(&rest, &read->target)) {
		result = node_read(read->target, &read->to);
		if (!domain.len || bytes_equal(node_domain(&read->to), domain))
			break;
	}
	return result;
}

static int report_unlisted(
	struct finding_run *check, const struct domain *domain)
{
	struct finding_rule rule;
	char why[FINDING_TEXT];
	char advice[FINDING_TEXT];
	struct bytes parent;
	int result;

	if (!domain->users || domain->whole)
		return 0;
	result = checkrule_find_parent(
		check, RULE_INBOUND, domain->name, &parent);
	if (result)
		return result < 0 ? result : 0;
	result = read_rule(&domain->user, (struct bytes){ NULL, 0 }, &rule);
	if (result)
		return result;
	finding_say(why,
		"users of %.*s without a rule of their own (%" PRIu64
		" %s one) keep their address: Postfix delivers their mail by "
		"its own tables, sends it to the domain's MX host, or "
		"refuses it",
		(int)domain->name.len, domain->name.data, domain->users,
		domain->users == 1 ? "user has" : "users have");
	finding_say(advice,
		"nothing if all users are listed and Postfix refuses all "
		"others; else add an inbound rule for @%.*s",
		(int)domain->name.len, domain->name.data);
	return finding_report(
		check, &rule, CHECK_UNLISTED, CHECK_INFO, why, advice);
}

/* True if rules have the domain as their source: then it is not misspelt. */
static bool is_source(const struct domain *domain)
{
	return domain->users || domain->whole;
}

/* True if the names differ by one typing error (see checkdomains_report()). */
static bool is_one_slip_away(struct bytes a, struct bytes b)
{
	size_t front = 0;
	size_t back = 0;
	size_t shorter = a.len < b.len ? a.len : b.len;
	size_t longer = a.len < b.len ? b.len : a.len;

	if (longer - shorter > 1 || shorter < SHORTEST)
		return false;
	while (front < shorter && a.data[front] == b.data[front])
		front++;
	while (back < shorter - front &&
		a.data[a.len - 1 - back] == b.data[b.len - 1 - back])
		back++;
	if (longer - front - back <= 1)
		return true;
	return a.len == b.len && a.len - front - back == 2 &&
	       a.data[front] == b.data[front + 1] &&
	       a.data[front + 1] == b.data[front];
}

static int report_misspelt(struct finding_run *check,
	const struct domain *domain, const struct domain *other)
{
	struct finding_rule rule;
	char why[FINDING_TEXT];
	char advice[FINDING_TEXT];
	int result = read_rule(&domain->leading, domain->name, &rule);

	if (result)
		return result;
	finding_say(why,
		"only this rule leads to %.*s, while %" PRIu64
		" rules lead to %.*s: if this is a typing error, the mail "
		"goes to a stranger or is lost",
		(int)domain->name.len, domain->name.data, other->led_to,
		(int)other->name.len, other->name.data);
	finding_say(advice,
		"correct the target if %.*s is meant; nothing if both domains "
		"are yours",
		(int)other->name.len, other->name.data);
	return finding_report(
		check, &rule, CHECK_MISSPELT, CHECK_WARN, why, advice);
}

static int report_if_misspelt(struct checkdomains *domains,
	struct finding_run *check, const struct domain *domain, size_t *pairs)
{
	for (size_t i = 0; i < domains->count; i++) {
		const struct domain *other = domains->list[i];

		if (other->led_to < CHECKDOMAINS_MANY)
			continue;
		if (++*pairs > CHECKDOMAINS_PAIRS)
			return 0;
		if (is_one_slip_away(domain->name, other->name))
			return report_misspelt(check, domain, other);
	}
	return 0;
}

int checkdomains_report(struct checkdomains *domains, struct finding_run *check)
{
	size_t pairs = 0;
	int result = 0;

	if (domains->count)
		qsort(domains->list, domains->count, sizeof(void *),
			compare_listed);
	for (size_t i = 0; !result && i < domains->count; i++)
		result = report_unlisted(check, domains->list[i]);
	for (size_t i = 0; !result && i < domains->count; i++)
		if (domains->list[i]->led_to == 1 &&
			!is_source(domains->list[i]))
			result = report_if_misspelt(
				domains, check, domains->list[i], &pairs);
	return result;
}

/* Returns 1 if a rule names the domain of the route or, for "@*.parent", a
 * domain below it; 0 if not; or a negative error. */
static int is_named(struct checkdomains *domains,
	const struct finding_run *check, const struct finding_rule *rule)
{
	struct bytes parent = rule->rule.key; /* "@*.parent" */
	struct bytes value;
	unsigned roles = 0;
	int result;

	if (rule->from.key_len) {
		result = map_domain_roles(
			check->rules.reader, node_domain(&rule->from), &roles);
		return result < 0 ? result : (roles & ~MAP_ROLE_ROUTE) != 0;
	}
	result = map_get(check->rules.reader, RULE_INBOUND, parent, &value);
	parent.data += 2;
	parent.len -= 2;
	for (size_t i = 0; !result && i < domains->count; i++) {
		struct bytes name = domains->list[i]->name;

		if (++domains->pairs > CHECKDOMAINS_PAIRS)
			return 1;
		result = name.len > parent.len &&
			 !memcmp(name.data + name.len - parent.len, parent.data,
				 parent.len);
	}
	return result;
}

static int report_misspelt_route(struct finding_run *check,
	const struct finding_rule *rule, struct bytes other)
{
	char why[FINDING_TEXT];
	char advice[FINDING_TEXT];

	finding_say(why,
		"no rule names this domain, while inbound names %.*s: if that "
		"domain is meant, its mail does not take this route",
		(int)other.len, other.data);
	finding_say(advice,
		"correct the source if %.*s is meant; nothing if both domains "
		"are yours",
		(int)other.len, other.data);
	return finding_report(
		check, rule, CHECK_MISSPELT, CHECK_WARN, why, advice);
}

int checkdomains_route(struct checkdomains *domains, struct finding_run *check,
	const struct finding_rule *rule)
{
	struct route route;
	int result = is_named(domains, check, rule);

	if (result)
		return result < 0 ? result : 0;
	for (size_t i = 0; rule->from.key_len && i < domains->count &&
			   ++domains->pairs <= CHECKDOMAINS_PAIRS;
		i++)
		if (is_one_slip_away(
			    node_domain(&rule->from), domains->list[i]->name))
			return report_misspelt_route(
				check, rule, domains->list[i]->name);
	/* Any other role has an effect without a rule, too. */
	route_read(rule->target, &route);
	if (route.role != ROUTE_NONE && route.role != ROUTE_REMOTE &&
		route.role != ROUTE_HOLD)
		return 0;
	return finding_report(check, rule, CHECK_NO_EFFECT, CHECK_INFO,
		"no rule names this domain: no mail that a rule rewrites "
		"takes this route",
		"nothing if other mail of this Postfix takes it; else delete "
		"the row");
}

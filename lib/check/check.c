#include "check/check.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>

#include "check/checkdomains.h"
#include "check/checkrule.h"
#include "check/roundtrip.h"

#define PROGRESS_ROWS 4096

struct walk {
	struct finding_run check;
	struct arena *arena; /* holds the domains */
	struct checkdomains *domains;
	/* The domains that outbound shows and inbound has no rule for:
	 * tsearch's tree of struct stranger. */
	void *strangers;
	int result; /* of reporting them */
	/* The last domain that inbound has a rule for: many rules in a row have
	 * the same. */
	char known[ADDRESS_KEY_MAX];
	size_t known_len;
	uint64_t done;
	uint64_t total;
};

struct stranger {
	struct walk *walk;
	struct bytes domain;
	struct bytes source; /* of the first rule that shows it */
	size_t rules;
};

static int compare_strangers(const void *a, const void *b)
{
	const struct stranger *x = a;
	const struct stranger *y = b;

	return bytes_compare(x->domain, y->domain);
}

/* Counts a rule that shows a domain which inbound does not name. */
static int note_stranger(
	struct walk *walk, struct bytes domain, struct bytes source)
{
	struct stranger wanted = { .domain = domain };
	struct stranger **found =
		tfind(&wanted, &walk->strangers, compare_strangers);
	struct stranger *made;

	if (found) {
		(*found)->rules++;
		return 0;
	}
	made = arena_alloc(walk->arena, sizeof *made);
	if (!made)
		return ERR_NOMEM;
	*made = (struct stranger){ .walk = walk,
		.domain = { arena_copy(walk->arena, domain.data, domain.len),
			domain.len },
		.source = source,
		.rules = 1 };
	return made->domain.data && tsearch(made, &walk->strangers,
					    compare_strangers)
		       ? 0
		       : ERR_NOMEM;
}

static void show_progress(struct walk *walk)
{
	const struct check_options *options = walk->check.options;

	if (options->progress && walk->done % PROGRESS_ROWS == 0)
		options->progress(options->context, walk->done, walk->total);
	walk->done++;
}

/* Notes the target domains of an outbound rule that inbound does not name. */
static int note_domains(struct walk *walk, struct finding_rule *rule)
{
	struct bytes rest = rule_value_targets(rule->rule.value);
	int result = 0;

	if (rule->kind == RULE_EXCEPTION)
		return 0;
	while (!result && rule_next_target(&rest, &rule->target)) {
		struct bytes domain;

		result = node_read(rule->target, &rule->to);
		if (result)
			break;
		domain = node_domain(&rule->to);
		if (bytes_equal(domain,
			    (struct bytes){ walk->known, walk->known_len }))
			continue;
		result = map_names_domain(walk->check.rules.reader, domain);
		if (!result) {
			result = note_stranger(walk, domain, rule->rule.key);
		} else if (result > 0) {
			memcpy(walk->known, domain.data, domain.len);
			walk->known_len = domain.len;
			result = 0;
		}
	}
	return result;
}

/* True if rules may share the target of this one. Exceptions and rules with
 * several targets do not count: members of a list answer with their own
 * address. */
static bool may_share(const struct finding_rule *rule)
{
	return !rule->several &&
	       (rule->kind == RULE_USER || rule->kind == RULE_DOMAIN);
}

/* Notes the target of a rule, to find rules that share it. */
static int note_target(struct walk *walk, struct finding_rule *rule)
{
	int result;

	if (!may_share(rule))
		return 0;
	result = node_read(rule->target, &rule->to);
	return result ? result
		      : checktargets_add(&walk->check.targets[rule->table],
				node_key(&rule->to), rule->rule.key);
}

/* A step of the first walk, which notes what rules have in common. */
static int note_rule(struct walk *walk, struct finding_rule *rule)
{
	int result = note_target(walk, rule);

	return result || rule->table != RULE_INBOUND
		       ? result
		       : checkdomains_add(walk->domains, rule);
}

/* A step of the second walk, which reports findings. */
static int check_rule(struct walk *walk, struct finding_rule *rule)
{
	int result = checkrule_run(&walk->check, rule);

	return result || rule->table != RULE_OUTBOUND
		       ? result
		       : note_domains(walk, rule);
}

static int check_route(struct walk *walk, struct finding_rule *rule)
{
	int result;

	rule->target = rule_value_targets(rule->rule.value);
	result = checkrule_refused(&walk->check, rule);
	return result ? result
		      : checkdomains_route(walk->domains, &walk->check, rule);
}

static int walk_table(struct walk *walk, const struct map *map,
	enum rule_table table,
	int (*step)(struct walk *walk, struct finding_rule *rule))
{
	struct map_walk rules = { .map = map, .table = table };
	struct finding_rule read;
	int more = 0;
	int result = 0;

	while (!result && (more = map_walk_next(&rules)) > 0) {
		show_progress(walk);
		result = finding_read(table, &rules.rule, &read);
		if (!result)
			result = step(walk, &read);
	}
	map_walk_close(&rules);
	return more < 0 ? more : result;
}

/* Reads the rule with this source; target and to are its first target. */
static int read_again(const struct walk *walk, enum rule_table table,
	struct bytes source, struct finding_rule *read)
{
	struct rule rule = { .key = source };
	int result =
		map_get(walk->check.rules.reader, table, rule.key, &rule.value);

	if (result <= 0)
		return result ? result : ERR_IO;
	result = finding_read(table, &rule, read);
	return result ? result : node_read(read->target, &read->to);
}

/* Reports two whole domains with the same target. */
static int report_namesakes(
	struct walk *walk, const struct finding_rule *rule, const char *first)
{
	char why[FINDING_TEXT];

	finding_say(why,
		"%" FINDING_SHOWN
		" has the same target: if both domains have a user bob, the "
		"mail of two people reaches one mailbox",
		first);
	return finding_report(&walk->check, rule, CHECK_NAMESAKES, CHECK_WARN,
		why,
		"give users with the same name rules of their own; nothing if "
		"both domains always had the same users");
}

/* A step of the third walk, over inbound: reports a rule that has the same
 * target as an earlier one, unless outbound rewrites the target to one of the
 * sources: then roundtrip.c has reported it. */
static int check_shared(struct walk *walk, struct finding_rule *rule)
{
	char first[ADDRESS_TEXT_MAX];
	char why[FINDING_TEXT];
	struct bytes source;
	int result;

	if (!may_share(rule))
		return 0;
	result = node_read(rule->target, &rule->to);
	if (result)
		return result;
	if (checktargets_find(&walk->check.targets[RULE_INBOUND],
		    node_key(&rule->to), &source) < 2 ||
		bytes_equal(source, rule->rule.key))
		return 0;
	(void)rule_source_text(source, first);
	if (rule->kind == RULE_DOMAIN)
		return report_namesakes(walk, rule, first);
	result = roundtrip_shown(&walk->check, rule);
	if (result)
		return result < 0 ? result : 0;
	finding_say(why,
		"%" FINDING_SHOWN " has the same target: answers from this "
		"mailbox come from one address, whichever of them the sender "
		"wrote to",
		first);
	return finding_report(&walk->check, rule, CHECK_MANY, CHECK_INFO, why,
		"nothing if both are addresses of the same mailbox");
}

static int report_stranger(struct walk *walk, const struct stranger *stranger)
{
	const struct bytes domain = stranger->domain;
	size_t rules = stranger->rules;
	struct finding_rule rule;
	char why[FINDING_TEXT];
	char advice[FINDING_TEXT];
	char more[64] = "";
	int result = read_again(walk, RULE_OUTBOUND, stranger->source, &rule);

	if (result)
		return result;
	if (rules > 1)
		(void)snprintf(more, sizeof more,
			" (%zu more rule%s show%s it)", rules - 1,
			rules > 2 ? "s" : "", rules > 2 ? "" : "s");
	finding_say(why,
		"inbound has no rule for the domain %.*s: answers to it do not "
		"come through this relay%s",
		(int)domain.len, domain.data, more);
	finding_say(advice,
		"add inbound rules for @%.*s, or correct the target",
		(int)domain.len, domain.data);
	return finding_report(
		&walk->check, &rule, CHECK_NOT_SERVED, CHECK_WARN, why, advice);
}

/* Reports a domain of the tree, in the order of domains. */
static void visit_stranger(const void *node, VISIT visit, int depth)
{
	struct stranger *const *stranger = node;
	struct walk *walk = (*stranger)->walk;

	(void)depth;
	if ((visit == postorder || visit == leaf) && !walk->result)
		walk->result = report_stranger(walk, *stranger);
}

static int check_strangers(struct walk *walk)
{
	walk->result = 0;
	twalk(walk->strangers, visit_stranger);
	return walk->result;
}

/* Reports that outbound has no rules although the configuration names outbound
 * clients. */
static int check_outbound(struct walk *walk, const struct map *map)
{
	const struct finding_rule table = { .table = RULE_OUTBOUND };

	if (!walk->check.options->outbound_named ||
		map_rows(map, RULE_OUTBOUND) || !map_rows(map, RULE_INBOUND))
		return 0;
	return finding_report(&walk->check, &table, CHECK_NO_OUTBOUND,
		CHECK_FAIL,
		"the table is empty, although inbound has rules and the "
		"configuration says which clients are outbound: their mail "
		"leaves with the addresses to which the inbound rules lead",
		"make the table with `readdress invert inbound`, check it and "
		"load it; if nobody sends mail through this relay, set "
		"outbound_daemons = {}, outbound_networks = {} and "
		"outbound_authenticated = false");
}

static int check_all(struct walk *walk, const struct map *map)
{
	int result = map_reader_open(&walk->check.rules.reader, map);

	if (!result)
		result = walk_table(walk, map, RULE_INBOUND, note_rule);
	if (!result)
		result = walk_table(walk, map, RULE_OUTBOUND, note_rule);
	if (!result) {
		checktargets_sort(&walk->check.targets[RULE_INBOUND]);
		checktargets_sort(&walk->check.targets[RULE_OUTBOUND]);
		result = check_outbound(walk, map);
	}
	if (!result)
		result = walk_table(walk, map, RULE_INBOUND, check_rule);
	if (!result)
		result = walk_table(walk, map, RULE_OUTBOUND, check_rule);
	if (!result && walk->check.targets[RULE_INBOUND].shared)
		result = walk_table(walk, map, RULE_INBOUND, check_shared);
	if (!result)
		result = check_strangers(walk);
	if (!result)
		result = checkdomains_report(walk->domains, &walk->check);
	if (!result)
		result = walk_table(walk, map, RULE_ROUTES, check_route);
	return result;
}

int check_map(const struct map *map, const struct check_options *options,
	struct error *error)
{
	struct walk walk = { .check.options = options };
	int result = ERR_NOMEM;

	walk.check.rules.localpart = options->localpart;
	walk.check.one_way = !map_rows(map, RULE_OUTBOUND);
	walk.total = 3 * map_rows(map, RULE_INBOUND) +
		     2 * map_rows(map, RULE_OUTBOUND) +
		     map_rows(map, RULE_ROUTES);
	/* The arena gets every domain once. */
	walk.arena =
		arena_open(8 * (size_t)map_octets(map) + ((size_t)1 << 20));
	if (walk.arena)
		walk.domains = checkdomains_open(walk.arena);
	if (walk.domains)
		result = check_all(&walk, map);
	map_reader_close(walk.check.rules.reader);
	checkdomains_close(walk.domains);
	checktargets_free(&walk.check.targets[RULE_INBOUND]);
	checktargets_free(&walk.check.targets[RULE_OUTBOUND]);
	arena_free_tree(walk.strangers);
	arena_close(walk.arena);
	if (result == ERR_NOMEM && !walk.check.stopped)
		return error_set(error, result, "out of memory");
	if (result < 0 && !walk.check.stopped)
		return error_set(error, result, "the map cannot be read");
	return result;
}

#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "checkback.h"
#include "csvfile.h"
#include "rowsort.h"

#define PROGRESS_ROWS 4096

/* What several rules may have in common, as keys; as values, the sources of
 * these rules. */
struct pile {
	struct csvfile_row *rows;
	size_t count;
	size_t room;
};

struct walk {
	struct checkrule check;
	struct arena *arena; /* the keys of piles; their values are the map's */
	struct pile targets; /* of inbound */
	struct pile strangers; /* domains that outbound shows and inbound does
				  not know */
	char known[ADDRESS_KEY_MAX]; /* the last domain that it knows: many
					rules in a row show the same */
	size_t known_len;
	uint64_t done;
	uint64_t total;
};

static const char *const kind_names[CHECK_KINDS] = {
	[CHECK_NO_INVERSE] = "no-inverse",
	[CHECK_NOT_INVERSE] = "not-inverse",
	[CHECK_CHAIN] = "chain",
	[CHECK_LOOP] = "loop",
	[CHECK_MANY] = "many-to-one",
	[CHECK_CATCHALL] = "catch-all",
	[CHECK_SMTPUTF8] = "smtputf8",
	[CHECK_NO_EFFECT] = "no-effect",
	[CHECK_NOT_SERVED] = "not-served",
};

const char *check_kind_name(enum check_kind kind)
{
	return kind < CHECK_KINDS ? kind_names[kind] : "";
}

const char *check_severity_name(enum check_severity severity)
{
	static const char *const names[CHECK_SEVERITIES] = { "FAIL", "WARN",
		"INFO" };

	return severity < CHECK_SEVERITIES ? names[severity] : "";
}

static void show_progress(struct walk *walk)
{
	const struct check_options *options = walk->check.options;

	if (options->progress && walk->done % PROGRESS_ROWS == 0)
		options->progress(options->context, walk->done, walk->total);
	walk->done++;
}

static int add_to_pile(struct walk *walk, struct pile *pile, struct bytes key,
	struct bytes source)
{
	char *copy = arena_octets(walk->arena, key.len);

	if (!copy)
		return ERR_NOMEM;
	if (pile->count == pile->room) {
		size_t room = pile->room ? 2 * pile->room : 64;
		struct csvfile_row *grown =
			reallocarray(pile->rows, room, sizeof *grown);

		if (!grown)
			return ERR_NOMEM;
		pile->rows = grown;
		pile->room = room;
	}
	memcpy(copy, key.data, key.len);
	pile->rows[pile->count++] =
		(struct csvfile_row){ { { copy, key.len }, source }, 0 };
	return 0;
}

/* Cuts the next rows with one key from a sorted pile. */
static size_t next_group(const struct pile *pile, size_t first)
{
	size_t next = first + 1;

	while (next < pile->count && bytes_equal(pile->rows[first].rule.key,
					     pile->rows[next].rule.key))
		next++;
	return next - first;
}

/* Outbound: is the domain of the targets one that inbound names? */
static int note_domains(struct walk *walk, struct checkrule_rule *rule)
{
	struct bytes rest = rule_value_targets(rule->rule.value);
	int result = 0;

	if (rule->kind == RULE_EXCEPTION)
		return 0;
	while (!result && rule_next_target(&rest, &rule->target)) {
		struct bytes domain;

		result = place_read(rule->target, &rule->to);
		if (result)
			break;
		domain = place_domain(&rule->to);
		if (bytes_equal(domain,
			    (struct bytes){ walk->known, walk->known_len }))
			continue;
		result = map_names_domain(walk->check.rules.reader, domain);
		if (!result) {
			result = add_to_pile(
				walk, &walk->strangers, domain, rule->rule.key);
		} else if (result > 0) {
			memcpy(walk->known, domain.data, domain.len);
			walk->known_len = domain.len;
			result = 0;
		}
	}
	return result;
}

/* Inbound: a target that other rules may have, too. An exception shares its own
 * address with nobody's surprise. */
static int note_target(struct walk *walk, const struct checkrule_rule *rule)
{
	if (rule->several ||
		(rule->kind != RULE_USER && rule->kind != RULE_DOMAIN))
		return 0;
	return add_to_pile(
		walk, &walk->targets, place_key(&rule->to), rule->rule.key);
}

static int check_table(
	struct walk *walk, const struct map *map, enum rule_table table)
{
	struct map_walk rules = { .map = map, .table = table };
	struct checkrule_rule read;
	int more = 0;
	int result = 0;

	while (!result && (more = map_walk_next(&rules)) > 0) {
		show_progress(walk);
		result = checkrule_read(table, &rules.rule, &read);
		if (!result)
			result = checkrule_run(&walk->check, &read);
		if (!result)
			result = table == RULE_INBOUND
					 ? note_target(walk, &read)
					 : note_domains(walk, &read);
	}
	map_walk_close(&rules);
	return more < 0 ? more : result;
}

/* The rule with this source, as checkrule_run leaves it. */
static int read_again(const struct walk *walk, enum rule_table table,
	struct bytes source, struct checkrule_rule *read)
{
	struct rule rule = { .key = source };
	int result =
		map_get(walk->check.rules.reader, table, rule.key, &rule.value);

	if (result <= 0)
		return result ? result : ERR_IO;
	result = checkrule_read(table, &rule, read);
	return result ? result : place_read(read->target, &read->to);
}

/* A rule, and the first with the same target. Where outbound shows one of the
 * sources, checkback told of the others. */
static int report_shared(
	struct walk *walk, struct bytes source, const char *first)
{
	struct checkrule_rule rule;
	char why[CHECKRULE_TEXT];
	int result = read_again(walk, RULE_INBOUND, source, &rule);

	if (!result)
		result = checkback_shown(&walk->check, &rule);
	if (result)
		return result < 0 ? result : 0;
	checkrule_say(why,
		"%" CHECKRULE_SHOWN " has the same target: answers from there "
		"come from one address, whichever was written to",
		first);
	return checkrule_report(&walk->check, &rule, CHECK_MANY, CHECK_INFO,
		why, "nothing, where it is an alias of the same mailbox");
}

static int check_targets(struct walk *walk)
{
	struct pile *pile = &walk->targets;
	int result = rowsort(&pile->rows, pile->count);

	for (size_t i = 0, count; !result && i < pile->count; i += count) {
		char first[ADDRESS_TEXT_MAX];

		count = next_group(pile, i);
		if (count > 1)
			(void)rule_source_text(pile->rows[i].rule.value, first);
		for (size_t k = 1; !result && k < count; k++)
			result = report_shared(
				walk, pile->rows[i + k].rule.value, first);
	}
	return result;
}

static int report_stranger(
	struct walk *walk, const struct csvfile_row *row, size_t rules)
{
	struct checkrule_rule rule;
	char why[CHECKRULE_TEXT];
	char advice[CHECKRULE_TEXT];
	char more[64] = "";
	int result = read_again(walk, RULE_OUTBOUND, row->rule.value, &rule);

	if (result)
		return result;
	if (rules > 1)
		(void)snprintf(more, sizeof more,
			" (%zu more rule%s show%s it)", rules - 1,
			rules > 2 ? "s" : "", rules > 2 ? "" : "s");
	checkrule_say(why,
		"inbound has no rule for the domain %.*s: answers to it do not "
		"come through here%s",
		(int)row->rule.key.len, row->rule.key.data, more);
	checkrule_say(advice,
		"add inbound rules for @%.*s, or correct the target",
		(int)row->rule.key.len, row->rule.key.data);
	return checkrule_report(
		&walk->check, &rule, CHECK_NOT_SERVED, CHECK_WARN, why, advice);
}

static int check_strangers(struct walk *walk)
{
	struct pile *pile = &walk->strangers;
	int result = rowsort(&pile->rows, pile->count);

	for (size_t i = 0, count; !result && i < pile->count; i += count) {
		count = next_group(pile, i);
		result = report_stranger(walk, &pile->rows[i], count);
	}
	return result;
}

int check_map(const struct map *map, const struct check_options *options,
	struct error *error)
{
	struct walk walk = { .check.options = options };
	int result = ERR_NOMEM;

	walk.check.rules.delimiter = options->delimiter;
	walk.check.one_way = !map_rows(map, RULE_OUTBOUND);
	walk.total = map_rows(map, RULE_INBOUND) + map_rows(map, RULE_OUTBOUND);
	/* Every target once more, as a key. */
	walk.arena =
		arena_open(4 * (size_t)map_octets(map) + ((size_t)1 << 20));
	if (walk.arena)
		result = map_reader_open(&walk.check.rules.reader, map);
	if (!result)
		result = check_table(&walk, map, RULE_INBOUND);
	if (!result)
		result = check_table(&walk, map, RULE_OUTBOUND);
	if (!result)
		result = check_targets(&walk);
	if (!result)
		result = check_strangers(&walk);
	map_reader_close(walk.check.rules.reader);
	arena_close(walk.arena);
	free(walk.targets.rows);
	free(walk.strangers.rows);
	if (result == ERR_NOMEM && !walk.check.stopped)
		return error_set(error, result, "out of memory");
	if (result < 0 && !walk.check.stopped)
		return error_set(error, result, "the map cannot be read");
	return result;
}

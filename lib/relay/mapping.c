#include "relay/mapping.h"

#include "base/array.h"
#include "map/lookup.h"
#include "postfix/words.h"

#define RULES_MAX 1000 /* rules for users that are looked at, in each table */

static int add_subject(
	struct mapping *mapping, struct bytes address, unsigned roles)
{
	struct arena *arena = mapping->diagnosis->arena;
	struct mapping_subject *grown = array_grow_in(arena, mapping->subjects,
		mapping->count, &mapping->room, sizeof *grown);
	const char *copy = arena_copy(arena, address.data, address.len);
	const char *at = copy ? strrchr(copy, '@') : NULL;

	if (!grown || !copy)
		return ERR_NOMEM;
	mapping->subjects = grown;
	if (!at)
		return 0;
	grown[mapping->count++] =
		(struct mapping_subject){ { copy, address.len },
			bytes_of(at + 1), roles };
	return 0;
}

/* Adds a source or a target of a rule. Of a whole domain, one address stands
 * for all. */
static int add_text(struct mapping *mapping, struct bytes text, unsigned roles)
{
	struct bytes domain = text;
	const char *example;

	if (!bytes_take(&domain, "@"))
		return add_subject(mapping, text, roles);
	example = diagnosis_text(mapping->diagnosis, "any@%s%.*s",
		bytes_take(&domain, "*.") ? "any." : "", (int)domain.len,
		domain.data);
	return example ? add_subject(mapping, bytes_of(example), roles)
		       : ERR_NOMEM;
}

static int add_rule(
	struct mapping *mapping, enum rule_table table, const struct rule *rule)
{
	struct bytes targets = rule_value_targets(rule->value);
	struct bytes target;
	bool inbound = table == RULE_INBOUND;
	int result = 0;

	if (rule_value_kind(rule->value) == RULE_EXCEPTION)
		return 0;
	result = add_text(mapping, rule->key,
		inbound ? MAPPING_IN_SOURCE : MAPPING_OUT_SOURCE);
	while (!result && rule_next_target(&targets, &target))
		result = add_text(mapping, target,
			inbound ? MAPPING_IN_TARGET : MAPPING_OUT_TARGET);
	return result;
}

int mapping_gather(struct mapping *mapping, enum rule_table table)
{
	struct map_walk walk = { .map = mapping->diagnosis->map,
		.table = table };
	size_t users = 0;
	int result;

	while ((result = map_walk_next(&walk)) == 1) {
		if (!rule_key_is_domain(walk.rule.key) && ++users > RULES_MAX)
			continue;
		result = add_rule(mapping, table, &walk.rule);
		if (result)
			break;
	}
	map_walk_close(&walk);
	return result;
}

/* ---- what becomes of an address ---- */

/* Returns 1 if an inbound rule holds for the address, 0 if not, or an error. */
static int is_source(struct mapping *mapping, const char *address)
{
	const struct localpart_syntax syntax =
		config_localpart(mapping->diagnosis->config);
	struct mailbox mailbox;
	struct lookup lookup;

	if (address_parse_internal(address, strlen(address), &mailbox))
		return 0;
	return lookup_find(
		mapping->reader, RULE_INBOUND, &mailbox, &syntax, &lookup);
}

int mapping_note(struct mapping *mapping, const struct mapping_subject *subject,
	struct bytes key, struct bytes value)
{
	struct diagnosis *diagnosis = mapping->diagnosis;
	struct bytes first = bytes_trim(value, WORDS_OF_LIST);
	struct bytes word;
	struct mapping_change change = { .subject = subject };
	int back = 0;

	if (!words_next(&first, WORDS_OF_LIST, &word))
		return 0;
	change.key = diagnosis_text(diagnosis, "%.*s", (int)key.len, key.data);
	if (*word.data == '@')
		change.result = diagnosis_text(diagnosis, "%.*s%.*s",
			(int)(subject->domain.data - 1 - subject->address.data),
			subject->address.data, (int)word.len, word.data);
	else
		change.result = diagnosis_text(
			diagnosis, "%.*s", (int)word.len, word.data);
	if (!change.key || !change.result)
		return ERR_NOMEM;
	if (!first.len &&
		bytes_equal_nocase(subject->address, bytes_of(change.result)))
		return 0;
	if (subject->roles & MAPPING_IN_TARGET)
		back = is_source(mapping, change.result);
	if (back < 0)
		return back;
	if ((back == 1) != mapping->wants_back)
		return 0;
	mapping->roles |= subject->roles;
	for (size_t i = 0; i < mapping->changed && i < MAPPING_NAMED_MAX; i++)
		if (bytes_equal(mapping->changes[i].subject->address,
			    subject->address))
			return 0;
	if (mapping->changed < MAPPING_NAMED_MAX)
		mapping->changes[mapping->changed] = change;
	mapping->changed++;
	return 0;
}

/* ---- the tables ---- */

/* Writes the keys of all addresses with one of the roles: the addresses, or
 * their domains as "@domain". Returns how many bytes it wrote. */
static size_t write_keys(
	const struct mapping *mapping, unsigned roles, bool domains, char *text)
{
	size_t used = 0;

	for (size_t i = 0; i < mapping->count; i++) {
		const struct mapping_subject *subject = &mapping->subjects[i];
		struct bytes key = subject->address;

		if (!(subject->roles & roles))
			continue;
		if (domains) {
			key.data = subject->domain.data - 1;
			key.len = subject->domain.len + 1;
		}
		if (text) {
			memcpy(text + used, key.data, key.len);
			text[used + key.len] = '\n';
		}
		used += key.len + 1;
	}
	return used;
}

int mapping_ask(struct mapping *mapping, struct bytes table, unsigned roles,
	bool domains)
{
	size_t len = write_keys(mapping, roles, domains, NULL);
	char *text = arena_bytes(mapping->diagnosis->arena, len + 1);
	struct bytes answers;
	size_t at = 0;
	int result;

	if (!text)
		return ERR_NOMEM;
	(void)write_keys(mapping, roles, domains, text);
	if (!len)
		return 0;
	result = postmap_find_all(mapping->diagnosis->postmap, table,
		(struct bytes){ text, len }, &answers);
	if (result < 0)
		return result == ERR_NOMEM ? result : 1;
	/* The answers come in the order of the keys. */
	while (!result && answers.len) {
		struct bytes value = bytes_cut(&answers, '\n');
		struct bytes key = bytes_cut(&value, '\t');

		for (; at < mapping->count; at++) {
			const struct mapping_subject *subject =
				&mapping->subjects[at];
			struct bytes own = subject->address;

			if (domains)
				own = (struct bytes){ subject->domain.data - 1,
					subject->domain.len + 1 };
			if ((subject->roles & roles) && bytes_equal(own, key))
				break;
		}
		if (at == mapping->count)
			break;
		result = mapping_note(
			mapping, &mapping->subjects[at++], key, value);
	}
	return result;
}

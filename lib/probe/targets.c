#include "probe/targets.h"

#include <stdlib.h>

#include "base/array.h"

struct reading {
	struct targets *targets;
	size_t room;
	struct arena *arena;
};

struct bytes targets_domain(const struct target *target)
{
	return rule_key_domain(target->key);
}

/* By domain first, so that those of one domain stand together. */
static int compare(const void *left, const void *right)
{
	const struct target *a = left;
	const struct target *b = right;
	int order = bytes_compare(targets_domain(a), targets_domain(b));

	return order ? order : bytes_compare(a->key, b->key);
}

static int add(struct reading *reading, struct bytes address)
{
	struct targets *targets = reading->targets;
	struct target *longer;
	struct mailbox mailbox;
	char key[ADDRESS_KEY_MAX];
	struct target target = { .address = address };
	int len = address_parse(address.data, address.len, &mailbox, NULL);

	if (!len)
		len = address_key(&mailbox, key);
	if (len == ERR_BAD) {
		targets->bad++;
		return 0;
	}
	if (len < 0)
		return len;
	target.key.data = arena_copy(reading->arena, key, (size_t)len);
	target.key.len = (size_t)len;
	longer = array_grow_in(reading->arena, targets->list, targets->count,
		&reading->room, sizeof *longer);
	if (!longer || !target.key.data)
		return ERR_NOMEM;
	targets->list = longer;
	targets->list[targets->count++] = target;
	return 0;
}

static int add_rule(struct reading *reading, const struct rule *rule)
{
	struct bytes rest = rule_value_targets(rule->value);
	struct bytes target;
	int result = 0;

	if (rule_value_kind(rule->value) == RULE_EXCEPTION)
		return 0;
	while (!result && rule_next_target(&rest, &target)) {
		if (target.len && *target.data == '@')
			reading->targets->domains++;
		else
			result = add(reading, target);
	}
	return result;
}

int targets_read(struct targets *targets, const struct map *map,
	enum rule_table table, struct arena *arena, struct error *error)
{
	struct map_walk walk = { .map = map, .table = table };
	struct reading reading = { .targets = targets, .arena = arena };
	size_t kept = 0;
	int result = 0;

	*targets = (struct targets){ .list = NULL };
	while (!result && (result = map_walk_next(&walk)) == 1)
		result = add_rule(&reading, &walk.rule);
	map_walk_close(&walk);
	if (result < 0)
		return error_set(error, result, "%s",
			result == ERR_NOMEM
				? "out of memory"
				: "the map cannot be read: it is damaged");
	if (targets->count)
		qsort(targets->list, targets->count, sizeof *targets->list,
			compare);
	for (size_t i = 0; i < targets->count; i++)
		if (!kept || compare(&targets->list[kept - 1],
				     &targets->list[i]) != 0)
			targets->list[kept++] = targets->list[i];
	targets->count = kept;
	return 0;
}

size_t targets_run(const struct targets *targets, size_t first)
{
	struct bytes domain = targets_domain(&targets->list[first]);
	size_t last = first;

	while (last < targets->count &&
		bytes_equal(targets_domain(&targets->list[last]), domain))
		last++;
	return last - first;
}

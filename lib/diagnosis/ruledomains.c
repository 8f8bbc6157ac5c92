#include "diagnosis/ruledomains.h"

#include "map/nameset.h"

static int add_domain(struct nameset *names, struct bytes address)
{
	const char *at = memrchr(address.data, '@', address.len);
	size_t front = at ? (size_t)(at - address.data) + 1 : 0;

	return nameset_add(names,
		(struct bytes){ address.data + front, address.len - front });
}

/* True if the target is the rule's source, which stays as it is. */
static bool is_source(const struct rule *rule, struct bytes target)
{
	char text[ADDRESS_TEXT_MAX];
	size_t len = rule_source_text(rule->key, text);

	return bytes_equal_nocase(target, (struct bytes){ text, len });
}

/* Gathers the domains of inbound rules. Returns 0, or an error of
 * map_walk_next(). */
static int gather(const struct map *map, enum ruledomains_place place,
	struct nameset *names)
{
	struct map_walk walk = { .map = map, .table = RULE_INBOUND };
	int result;

	while ((result = map_walk_next(&walk)) == 1) {
		struct bytes targets = rule_value_targets(walk.rule.value);
		struct bytes target;

		result = 0;
		if (place == RULEDOMAINS_SOURCES)
			result = add_domain(names, walk.rule.key);
		while (place == RULEDOMAINS_TARGETS && !result &&
			rule_next_target(&targets, &target))
			if (!is_source(&walk.rule, target))
				result = add_domain(names, target);
		if (result)
			break;
	}
	map_walk_close(&walk);
	return result;
}

int ruledomains_each(struct diagnosis *diagnosis, enum ruledomains_place place,
	ruledomains_look *each, void *context)
{
	struct nameset *names;
	const struct bytes *sorted;
	size_t count = 0;
	int result;

	if (!diagnosis->map)
		return 0;
	names = nameset_open();
	if (!names)
		return ERR_NOMEM;
	result = gather(diagnosis->map, place, names);
	sorted = result ? NULL : nameset_sorted(names, &count);
	if (!result && !sorted && count)
		result = ERR_NOMEM;
	for (size_t i = 0; !result && i < count; i++)
		result = each(context, sorted[i]);
	nameset_close(names);
	return result;
}

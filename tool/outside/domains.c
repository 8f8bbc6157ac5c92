#include "outside/domains.h"

#include <stdlib.h>

#include "map/lookup.h"
#include "map/nameset.h"

#define MEMORY_MAX ((size_t)1 << 30)

/* The work of domains_find(). */
struct search {
	struct domains *domains;
	const struct map *map;
	struct nameset *names;	  /* of the domains, while they are found */
	struct nameset **targets; /* of each domain */
	struct error *error;
};

static int out_of_memory(struct error *error)
{
	return error_set(error, ERR_NOMEM, "out of memory");
}

/* What is behind the "@" of a rule's key. */
static struct bytes domain_of(struct bytes address)
{
	size_t at = address.len;

	while (at && address.data[at - 1] != '@')
		at--;
	return (struct bytes){ address.data + at, address.len - at };
}

static int take_operand(struct search *search, const char *text)
{
	char key[ADDRESS_KEY_MAX];
	struct bytes domain = bytes_of(text);
	struct error why = { .text = "" };
	int len;

	(void)bytes_take(&domain, "@");
	len = address_check_source_domain(domain.data, domain.len, &why);
	if (!len)
		len = address_domain_key(domain.data, domain.len, key);
	if (len == ERR_NOMEM)
		return out_of_memory(search->error);
	if (len < 0 || *domain.data == '[')
		return error_set(search->error, ERR_USAGE,
			"found \"%s\", expected a domain, such as "
			"warmsushi.example",
			text);
	return nameset_add(search->names, (struct bytes){ key, (size_t)len })
		       ? out_of_memory(search->error)
		       : 0;
}

/* Calls each for all rules of a table. */
static int walk(struct search *search, enum rule_table table,
	int (*each)(struct search *search, const struct rule *rule))
{
	struct map_walk rules = { .map = search->map, .table = table };
	int result;

	while ((result = map_walk_next(&rules)) > 0) {
		result = each(search, &rules.rule);
		if (result)
			break;
	}
	map_walk_close(&rules);
	if (result == ERR_NOMEM)
		return out_of_memory(search->error);
	if (result)
		return error_set(search->error, result, "cannot read the map");
	return 0;
}

static int take_source(struct search *search, const struct rule *rule)
{
	struct bytes domain = domain_of(rule->key);

	/* The domains below *.a.example have no end. */
	if (domain.len && domain.data[0] == '*')
		return 0;
	return nameset_add(search->names, domain);
}

static int take_auto(struct search *search, const struct rule *rule)
{
	struct route route;

	route_read(rule_value_targets(rule->value), &route);
	return route.role == ROUTE_AUTO ? take_source(search, rule) : 0;
}

static int compare_name(const void *name, const void *entry)
{
	const struct bytes *wanted = name;
	const struct domains_entry *found = entry;

	return bytes_compare(*wanted, bytes_of(found->name));
}

static int take_targets(struct search *search, const struct rule *rule)
{
	struct domains *domains = search->domains;
	struct bytes source = domain_of(rule->key);
	struct bytes targets = rule_value_targets(rule->value);
	struct bytes target;
	const struct domains_entry *entry = bsearch(&source, domains->list,
		domains->count, sizeof *domains->list, compare_name);
	struct nameset **names;
	int result = 0;

	if (!entry || rule_value_kind(rule->value) == RULE_EXCEPTION)
		return 0;
	names = &search->targets[entry - domains->list];
	if (!*names)
		*names = nameset_open();
	if (!*names)
		return ERR_NOMEM;
	while (!result && rule_next_target(&targets, &target)) {
		char key[ADDRESS_KEY_MAX];
		struct bytes domain = domain_of(target);
		int len = address_domain_key(domain.data, domain.len, key);

		if (len > 0 && key[0] != '[')
			result = nameset_add(
				*names, (struct bytes){ key, (size_t)len });
	}
	return result;
}

/* Reads the row of a domain in routes. */
static int read_route(
	struct map_reader *reader, struct bytes domain, struct route *route)
{
	struct lookup row;
	int found = lookup_find_domain(reader, RULE_ROUTES, domain, &row);

	*route = (struct route){ .role = ROUTE_NONE };
	if (found > 0)
		route_read(row.targets, route);
	return found < 0 ? found : 0;
}

/* Makes the list of a domain's targets. */
static int keep_targets(struct search *search, struct map_reader *reader,
	struct nameset *names, struct domains_entry *entry)
{
	struct arena *arena = search->domains->arena;
	size_t count;
	const struct bytes *sorted = nameset_sorted(names, &count);

	entry->targets = arena_array(arena, count, sizeof *entry->targets);
	if (!entry->targets)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++) {
		struct route route;
		int result = read_route(reader, sorted[i], &route);

		if (result)
			return result;
		entry->targets[i].name =
			arena_copy(arena, sorted[i].data, sorted[i].len);
		entry->targets[i].has_nexthop = route.nexthop.len > 0;
		if (!entry->targets[i].name)
			return ERR_NOMEM;
	}
	entry->target_count = count;
	return 0;
}

static int make_list(struct search *search)
{
	struct domains *domains = search->domains;
	const struct bytes *sorted =
		nameset_sorted(search->names, &domains->count);

	domains->list = arena_array(
		domains->arena, domains->count, sizeof *domains->list);
	search->targets = calloc(domains->count + 1, sizeof(struct nameset *));
	if (!domains->list || !search->targets)
		return ERR_NOMEM;
	for (size_t i = 0; i < domains->count; i++) {
		domains->list[i] = (struct domains_entry){
			.name = arena_copy(
				domains->arena, sorted[i].data, sorted[i].len)
		};
		if (!domains->list[i].name)
			return ERR_NOMEM;
	}
	return 0;
}

/* Adds what the map says of each domain. */
static int read_map(struct search *search)
{
	struct domains *domains = search->domains;
	struct map_reader *reader = NULL;
	int result;

	if (!search->map)
		return 0;
	result = walk(search, RULE_INBOUND, take_targets);
	if (result)
		return result;
	result = map_reader_open(&reader, search->map);
	for (size_t i = 0; !result && i < domains->count; i++) {
		struct domains_entry *entry = &domains->list[i];
		struct route route;

		result = read_route(reader, bytes_of(entry->name), &route);
		entry->role = route.role;
		if (!result && search->targets[i])
			result = keep_targets(
				search, reader, search->targets[i], entry);
	}
	map_reader_close(reader);
	if (result == ERR_NOMEM)
		return out_of_memory(search->error);
	if (result)
		return error_set(search->error, result, "cannot read the map");
	return 0;
}

static int find_names(
	struct search *search, char *const *operands, int count, bool autos)
{
	int result = 0;

	for (int i = 0; !result && i < count; i++)
		result = take_operand(search, operands[i]);
	if (!result && !count)
		result = walk(search, RULE_INBOUND, take_source);
	if (!result && !count && autos)
		result = walk(search, RULE_ROUTES, take_auto);
	return result;
}

int domains_find(struct domains *domains, const struct map *map,
	char *const *operands, int count, bool autos, struct error *error)
{
	struct search search = { domains, map, nameset_open(), NULL, error };
	int result;

	*domains = (struct domains){ .arena = arena_open(MEMORY_MAX) };
	if (!search.names || !domains->arena)
		result = out_of_memory(error);
	else
		result = find_names(&search, operands, count, autos);
	if (!result && make_list(&search))
		result = out_of_memory(error);
	if (!result)
		result = read_map(&search);
	for (size_t i = 0; search.targets && i < domains->count; i++)
		nameset_close(search.targets[i]);
	free(search.targets);
	nameset_close(search.names);
	return result;
}

void domains_free(struct domains *domains)
{
	arena_close(domains->arena);
}

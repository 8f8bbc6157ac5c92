#include "held.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/array.h"
#include "rules/route.h"

static bool holds(struct bytes value)
{
	struct route route;

	route_read(rule_value_targets(value), &route);
	return route.role == ROUTE_HOLD;
}

/* Gathers the domains that the map holds. */
static int gather(const struct map *map, struct arena *arena,
	struct diagnosis_held **held, size_t *count)
{
	struct map_walk walk = { .map = map, .table = RULE_ROUTES };
	size_t room = 0;
	int result;

	while ((result = map_walk_next(&walk)) == 1) {
		struct diagnosis_held *grown;
		const char *domain;

		if (!holds(walk.rule.value))
			continue;
		grown = array_grow_in(
			arena, *held, *count, &room, sizeof *grown);
		/* Without the "@" in front. */
		domain = arena_copy(
			arena, walk.rule.key.data + 1, walk.rule.key.len - 1);
		result = grown && domain ? 0 : ERR_NOMEM;
		if (result)
			break;
		*held = grown;
		grown[(*count)++] = (struct diagnosis_held){ domain, 0 };
	}
	map_walk_close(&walk);
	return result == 1 ? 0 : result;
}

/* True if the map holds the domain. */
static bool map_holds(struct map_reader *reader, const char *domain)
{
	char key[ADDRESS_KEY_MAX];
	struct bytes value;
	int len = snprintf(key, sizeof key, "@%s", domain);

	return len > 0 && (size_t)len < sizeof key &&
	       map_get(reader, RULE_ROUTES, (struct bytes){ key, (size_t)len },
		       &value) == 1 &&
	       holds(value);
}

/* Makes each domain that the map holds as old as the map, unless a newer one
 * did not hold it (ended). Returns false if no search goes on. */
static bool look_at(const struct map *map, struct diagnosis_held *held,
	size_t count, bool *ended)
{
	struct map_reader *reader = NULL;
	int64_t age = (int64_t)time(NULL) - map_meta(map)->time;
	bool any = false;

	if (map_reader_open(&reader, map))
		return false;
	for (size_t i = 0; i < count; i++) {
		ended[i] = ended[i] || !map_holds(reader, held[i].domain);
		if (!ended[i])
			held[i].age = age > 0 ? (uint64_t)age : 0;
		any = any || !ended[i];
	}
	map_reader_close(reader);
	return any;
}

int held_find(const struct tool *tool, struct arena *arena,
	struct diagnosis_held **held, size_t *count, struct error *error)
{
	uint64_t *list = NULL;
	size_t kept = 0;
	bool *ended;
	bool goes_on;
	int result;

	*held = NULL;
	*count = 0;
	if (!tool->map)
		return 0;
	result = gather(tool->map, arena, held, count);
	ended = result ? NULL : arena_array(arena, *count, sizeof *ended);
	if (result || !ended)
		return error_set(error, result ? result : ERR_NOMEM,
			"cannot read which domains are held");
	memset(ended, 0, *count * sizeof *ended);
	goes_on = look_at(tool->map, *held, *count, ended);
	if (goes_on && state_generations(tool->state, &list, &kept, NULL))
		kept = 0;
	for (; goes_on && kept; kept--) {
		struct map *map;

		if (list[kept - 1] >= map_meta(tool->map)->generation)
			continue;
		if (state_open_generation(
			    tool->state, list[kept - 1], false, &map, NULL))
			break;
		goes_on = look_at(map, *held, *count, ended);
		map_close(map);
	}
	free(list);
	return 0;
}

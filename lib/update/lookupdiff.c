#include "update/lookupdiff.h"

#include "update/mapdiff.h"

/* Asks both maps for the domain of a key. Returns 1 if they differ, 0 or an
 * error. */
static int differs(
	struct map_reader *old, struct map_reader *new, struct bytes key)
{
	struct bytes domain = { key.data + key.len, 0 };
	int before;
	int after;

	while (domain.len < key.len && domain.data[-1] != '@') {
		domain.data--;
		domain.len++;
	}
	before = map_names_domain(old, domain);
	if (before < 0)
		return before;
	after = map_names_domain(new, domain);
	return after < 0 ? after : before != after;
}

/* Walks over the rows of a table that only one map has, or that are changed in
 * routes. Returns 1 at the first one that matters, 0 or an error. */
static int walk(const struct map *old_map, const struct map *new_map,
	enum rule_table table, struct map_reader *old, struct map_reader *new,
	struct error *error)
{
	struct mapdiff mapdiff;
	struct mapdiff_step step;
	int result = mapdiff_init(&mapdiff, old_map, new_map, table, error);
	int found = 0;

	while (!result && !found &&
		(result = mapdiff_next(&mapdiff, &step, error)) == 1) {
		result = 0;
		if (step.change == CHANGE_UNCHANGED)
			continue;
		if (table == RULE_ROUTES)
			found = 1;
		else if (!step.old.data || !step.new.data)
			found = differs(old, new, step.key);
	}
	mapdiff_free(&mapdiff);
	if (found < 0)
		return error_set(error, found, "the map cannot be read");
	return result < 0 ? result : found;
}

int lookupdiff_any(
	const struct map *old, const struct map *new, struct error *error)
{
	struct map_reader *old_reader = NULL;
	struct map_reader *new_reader = NULL;
	int result = map_reader_open(&old_reader, old);

	if (!result)
		result = map_reader_open(&new_reader, new);
	if (result) {
		(void)error_set(error, result, "the map cannot be read");
		goto out;
	}
	result = walk(old, new, RULE_ROUTES, old_reader, new_reader, error);
	if (!result)
		result = walk(
			old, new, RULE_INBOUND, old_reader, new_reader, error);
out:
	map_reader_close(new_reader);
	map_reader_close(old_reader);
	return result;
}

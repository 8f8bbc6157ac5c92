#include "update/mapdiff.h"

static int fetch(struct map_walk *side, struct error *error)
{
	int result = map_walk_next(side);

	return result < 0 ? error_set(error, result, "cannot read a map") : 0;
}

int mapdiff_init(struct mapdiff *mapdiff, const struct map *old,
	const struct map *new, enum rule_table table, struct error *error)
{
	int result;

	*mapdiff = (struct mapdiff){ { .map = old, .table = table },
		{ .map = new, .table = table } };
	result = fetch(&mapdiff->old, error);
	return result ? result : fetch(&mapdiff->new, error);
}

void mapdiff_free(struct mapdiff *mapdiff)
{
	map_walk_close(&mapdiff->old);
	map_walk_close(&mapdiff->new);
}

static int compare(const struct mapdiff *mapdiff)
{
	if (!mapdiff->old.map)
		return 1;
	if (!mapdiff->new.map)
		return -1;
	return bytes_compare(mapdiff->old.rule.key, mapdiff->new.rule.key);
}

int mapdiff_next(
	struct mapdiff *mapdiff, struct mapdiff_step *step, struct error *error)
{
	struct map_walk *old = &mapdiff->old;
	struct map_walk *new = &mapdiff->new;
	int order;
	int result = 0;

	if (!old->map && !new->map)
		return 0;
	order = compare(mapdiff);
	*step = (struct mapdiff_step){ 0 };
	if (order <= 0) {
		step->key = old->rule.key;
		step->old = old->rule.value;
		step->change = CHANGE_DELETED;
	}
	if (order >= 0) {
		step->key = new->rule.key;
		step->new = new->rule.value;
		step->change = CHANGE_NEW;
	}
	if (order == 0)
		step->change = rule_same_value(step->old, step->new)
				       ? CHANGE_UNCHANGED
				       : CHANGE_CHANGED;
	if (order <= 0)
		result = fetch(old, error);
	if (!result && order >= 0)
		result = fetch(new, error);
	return result ? result : 1;
}

static int table_differs(const struct map *old, const struct map *new,
	enum rule_table table, struct error *error)
{
	struct mapdiff mapdiff;
	struct mapdiff_step step = { .change = CHANGE_UNCHANGED };
	int result = mapdiff_init(&mapdiff, old, new, table, error);

	if (!result) {
		do
			result = mapdiff_next(&mapdiff, &step, error);
		while (result == 1 && step.change == CHANGE_UNCHANGED);
	}
	mapdiff_free(&mapdiff);
	return result;
}

int mapdiff_any(
	const struct map *old, const struct map *new, struct error *error)
{
	int result = 0;

	if (memcmp(map_meta(old)->rows, map_meta(new)->rows,
		    sizeof map_meta(old)->rows) != 0)
		return 1;
	for (unsigned t = 0; !result && t < RULE_TABLES; t++)
		result = table_differs(old, new, (enum rule_table)t, error);
	return result;
}

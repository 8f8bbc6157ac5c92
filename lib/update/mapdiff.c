#include "update/mapdiff.h"

static int fetch(struct map_walk *side, struct error *error)
{
	int code = map_walk_next(side);

	return code < 0 ? error_set(error, code, "cannot read a map") : 0;
}

int difference_init(struct difference *difference, const struct map *old,
	const struct map *new, enum rule_table table, struct error *error)
{
	int code;

	*difference = (struct difference){ { .map = old, .table = table },
		{ .map = new, .table = table } };
	code = fetch(&difference->old, error);
	return code ? code : fetch(&difference->new, error);
}

void difference_free(struct difference *difference)
{
	map_walk_close(&difference->old);
	map_walk_close(&difference->new);
}

static int compare(const struct difference *difference)
{
	if (!difference->old.map)
		return 1;
	if (!difference->new.map)
		return -1;
	return bytes_compare(
		difference->old.rule.key, difference->new.rule.key);
}

int difference_next(struct difference *difference, struct difference_step *step,
	struct error *error)
{
	struct map_walk *old = &difference->old;
	struct map_walk *new = &difference->new;
	int order;
	int code = 0;

	if (!old->map && !new->map)
		return 0;
	order = compare(difference);
	*step = (struct difference_step){ 0 };
	if (order <= 0) {
		step->key = old->rule.key;
		step->old = old->rule.value;
		step->change = EDIT_DELETED;
	}
	if (order >= 0) {
		step->key = new->rule.key;
		step->new = new->rule.value;
		step->change = EDIT_NEW;
	}
	if (order == 0)
		step->change = rule_same_value(step->old, step->new)
				       ? EDIT_UNCHANGED
				       : EDIT_CHANGED;
	if (order <= 0)
		code = fetch(old, error);
	if (!code && order >= 0)
		code = fetch(new, error);
	return code ? code : 1;
}

static int table_differs(const struct map *old, const struct map *new,
	enum rule_table table, struct error *error)
{
	struct difference difference;
	struct difference_step step = { .change = EDIT_UNCHANGED };
	int code = difference_init(&difference, old, new, table, error);

	if (!code) {
		do
			code = difference_next(&difference, &step, error);
		while (code == 1 && step.change == EDIT_UNCHANGED);
	}
	difference_free(&difference);
	return code;
}

int difference_any(
	const struct map *old, const struct map *new, struct error *error)
{
	int code = 0;

	if (memcmp(map_meta(old)->rows, map_meta(new)->rows,
		    sizeof map_meta(old)->rows) != 0)
		return 1;
	for (unsigned t = 0; !code && t < RULE_TABLES; t++)
		code = table_differs(old, new, (enum rule_table)t, error);
	return code;
}

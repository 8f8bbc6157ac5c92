#include "difference.h"

static int fetch(struct difference_side *side, struct error *error)
{
	int code = map_cursor_next(side->cursor, &side->rule);

	if (code > 0)
		return 0;
	map_cursor_close(side->cursor);
	side->cursor = NULL;
	return !code ? 0 : error_set(error, code, "cannot read a map");
}

static int open_side(struct difference_side *side, const struct map *map,
	enum rule_table table, struct error *error)
{
	int code;

	if (!map)
		return 0;
	code = map_reader_open(&side->reader, map);
	if (!code)
		code = map_cursor_open(&side->cursor, side->reader, table);
	return code ? error_set(error, code, "cannot read a map")
		    : fetch(side, error);
}

int difference_init(struct difference *difference, const struct map *old,
	const struct map *new, enum rule_table table, struct error *error)
{
	int code;

	*difference = (struct difference){ 0 };
	code = open_side(&difference->old, old, table, error);
	return code ? code : open_side(&difference->new, new, table, error);
}

static void close_side(struct difference_side *side)
{
	map_cursor_close(side->cursor);
	map_reader_close(side->reader);
}

void difference_free(struct difference *difference)
{
	close_side(&difference->old);
	close_side(&difference->new);
}

static int compare(const struct difference *difference)
{
	const struct bytes *a = &difference->old.rule.key;
	const struct bytes *b = &difference->new.rule.key;

	if (!difference->old.cursor)
		return 1;
	if (!difference->new.cursor)
		return -1;
	return bytes_compare(*a, *b);
}

int difference_next(struct difference *difference, struct difference_step *step,
	struct error *error)
{
	struct difference_side *old = &difference->old;
	struct difference_side *new = &difference->new;
	int order;
	int code = 0;

	if (!old->cursor && !new->cursor)
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
		step->change = bytes_equal(step->old, step->new)
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

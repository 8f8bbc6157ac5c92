#include "probe/against.h"

#include <stdlib.h>

static int compare(const void *left, const void *right)
{
	return bytes_compare(
		*(const struct bytes *)left, *(const struct bytes *)right);
}

/* Moves on to the next rule for a single user. */
static int next_user(struct map_walk *walk)
{
	int got;

	do
		got = map_walk_next(walk);
	while (got == 1 && rule_key_is_domain(walk->rule.key));
	return got;
}

int against_compare(struct bytes *keys, size_t count, const struct map *map,
	enum rule_table table,
	int (*found)(void *context, enum against_kind kind, struct bytes key),
	void *context)
{
	struct map_walk walk = { .map = map, .table = table };
	int got = next_user(&walk);
	int result = 0;
	size_t at = 0;

	if (count)
		qsort(keys, count, sizeof *keys, compare);
	while (got >= 0 && !result && (got == 1 || at < count)) {
		int order = got != 1 ? -1
			    : at == count
				    ? 1
				    : bytes_compare(keys[at], walk.rule.key);

		if (order < 0)
			result = found(context, AGAINST_NO_RULE, keys[at]);
		else if (order > 0)
			result = found(context, AGAINST_NO_USER, walk.rule.key);
		if (order >= 0)
			got = next_user(&walk);
		if (order <= 0)
			for (at++; at < count &&
				   bytes_equal(keys[at], keys[at - 1]);)
				at++;
	}
	map_walk_close(&walk);
	return got < 0 ? got : result;
}

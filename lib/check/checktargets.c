#include "check/checktargets.h"

#include <stdlib.h>

#include "base/array.h"
#include "rules/rowsort.h"

int checktargets_add(struct checktargets *list, struct arena *arena,
	struct bytes target, struct bytes source)
{
	char *copy = arena_bytes(arena, target.len);
	struct row *grown;

	if (!copy)
		return ERR_NOMEM;
	grown = array_grow(list->rows, list->count, &list->room, sizeof *grown);
	if (!grown)
		return ERR_NOMEM;
	list->rows = grown;
	memcpy(copy, target.data, target.len);
	list->rows[list->count++] =
		(struct row){ { { copy, target.len }, source }, 0 };
	return 0;
}

int checktargets_sort(struct checktargets *list)
{
	return rowsort(&list->rows, list->count);
}

size_t checktargets_group(const struct checktargets *list, size_t first)
{
	size_t next = first + 1;

	while (next < list->count && bytes_equal(list->rows[first].rule.key,
					     list->rows[next].rule.key))
		next++;
	return next - first;
}

size_t checktargets_find(const struct checktargets *list, struct bytes target,
	struct bytes *source)
{
	size_t low = 0;
	size_t high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (bytes_compare(list->rows[middle].rule.key, target) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == list->count ||
		!bytes_equal(list->rows[low].rule.key, target))
		return 0;
	*source = list->rows[low].rule.value;
	return checktargets_group(list, low);
}

void checktargets_free(struct checktargets *list)
{
	free(list->rows);
	*list = (struct checktargets){ 0 };
}

#include "rules/rowsort.h"

#include <endian.h>
#include <stdlib.h>

/*
 * Comparing whole keys would miss the cache at each step: the keys of a million
 * rows like user0000001@warmsushi.com first differ in their second eight bytes,
 * or later. So eight bytes of each key are stored next to it as a number. Runs
 * that are equal so far are sorted by the next eight bytes, until no run is
 * left.
 */
#define STEP	   ((size_t)8)
#define AHEAD	   ((size_t)16)	 /* rows that are prefetched from memory */
#define RADIX_FROM ((size_t)512) /* items; qsort() is faster for fewer */

struct item {
	uint64_t bytes; /* eight bytes of the key, the first one in the highest
			    bits */
	uint32_t row;
	uint32_t tied; /* equal so far to the previous item */
};

static uint64_t load(const struct rule *rule, size_t depth)
{
	unsigned char bytes[STEP] = { 0 };
	uint64_t number;

	if (rule->key.len > depth)
		memcpy(bytes, rule->key.data + depth,
			rule->key.len - depth < STEP ? rule->key.len - depth
						     : STEP);
	memcpy(&number, bytes, STEP);
	return be64toh(number);
}

static int compare(const void *a, const void *b)
{
	const struct item *x = a;
	const struct item *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Sorts by one byte after another, the lowest first; each pass is stable. A
 * byte in which all items agree is skipped. spare has room for as many
 * items. */
static void radix_sort(struct item *items, struct item *spare, size_t count)
{
	size_t places[STEP][256];
	struct item *from = items;
	struct item *to = spare;

	memset(places, 0, sizeof places);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < STEP; k++)
			places[k][items[i].bytes >> (8 * k) & 0xff]++;
	for (size_t k = 0; k < STEP; k++) {
		size_t *place = places[k];
		struct item *swap = from;
		size_t sum = 0;

		if (place[from[0].bytes >> (8 * k) & 0xff] == count)
			continue;
		for (size_t c = 0; c < 256; c++) {
			size_t here = place[c];

			place[c] = sum;
			sum += here;
		}
		for (size_t i = 0; i < count; i++)
			to[place[from[i].bytes >> (8 * k) & 0xff]++] = from[i];
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, count * sizeof *items);
}

/* Sorts one run of items that are equal up to depth. Returns true if some of
 * them are still equal after that. */
static bool sort_run(const struct row *rows, struct item *items,
	struct item *spare, size_t count, size_t depth)
{
	bool ties = false;

	for (size_t i = 0; i < count; i++)
		items[i].bytes = load(&rows[items[i].row].rule, depth);
	if (count < RADIX_FROM)
		qsort(items, count, sizeof *items, compare);
	else
		radix_sort(items, spare, count);
	items[0].tied = 0;
	for (size_t i = 1; i < count; i++) {
		/* The last byte is 0 when both keys have ended: they are the
		 * same. */
		items[i].tied = items[i].bytes == items[i - 1].bytes &&
				(items[i].bytes & 0xff);
		ties |= items[i].tied;
	}
	return ties;
}

static void sort_items(const struct row *rows, struct item *items,
	struct item *spare, size_t count)
{
	bool ties = count > 1 && sort_run(rows, items, spare, count, 0);

	for (size_t depth = STEP; ties; depth += STEP) {
		ties = false;
		for (size_t i = 0; i < count;) {
			size_t end = i + 1;

			while (end < count && items[end].tied)
				end++;
			if (end - i > 1)
				ties |= sort_run(
					rows, items + i, spare, end - i, depth);
			i = end;
		}
	}
}

int rowsort(struct row **rows, size_t count)
{
	struct item *items = NULL;
	struct item *spare = NULL;
	struct row *sorted = NULL;
	int result = ERR_NOMEM;

	if (count < 2)
		return 0;
	if (count > UINT32_MAX)
		return ERR_NOMEM;
	items = reallocarray(NULL, count, sizeof *items);
	spare = reallocarray(NULL, count, sizeof *spare);
	if (!items || !spare)
		goto out;
	for (size_t i = 0; i < count; i++)
		items[i] = (struct item){ .row = (uint32_t)i };
	sort_items(*rows, items, spare, count);
	free(spare);
	spare = NULL;
	sorted = reallocarray(NULL, count, sizeof *sorted);
	if (!sorted)
		goto out;
	for (size_t i = 0; i < count; i++) {
		if (i + AHEAD < count)
			__builtin_prefetch(&(*rows)[items[i + AHEAD].row]);
		sorted[i] = (*rows)[items[i].row];
	}
	free(*rows);
	*rows = sorted;
	result = 0;
out:
	free(spare);
	free(items);
	return result;
}

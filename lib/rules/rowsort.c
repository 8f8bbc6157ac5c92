#include "rules/rowsort.h"

#include <endian.h>
#include <stddef.h>
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
#define SPARE_PART ((size_t)8)	 /* the spare items are this part of all */
#define CHUNK	   ((size_t)12)	 /* the bytes of an item before its row */

enum tie {
	TIE_NONE,
	TIE_SO_FAR, /* equal so far to the previous item */
	TIE_WHOLE,  /* the same key as the previous item */
};

struct item {
	uint64_t bytes; /* eight bytes of the key, the first one in the highest
			    bits */
	uint32_t tied;	/* enum tie */
	uint32_t row;
};

_Static_assert(offsetof(struct item, row) == CHUNK, "see move_rows()");

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

static int compare_rows(const void *a, const void *b)
{
	const struct item *x = a;
	const struct item *y = b;

	return x->row < y->row ? -1 : x->row > y->row;
}

static int compare(const void *a, const void *b)
{
	const struct item *x = a;
	const struct item *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? -1 : 1;
	return compare_rows(a, b);
}

static unsigned byte_of(const struct item *item, unsigned place)
{
	return item->bytes >> (8 * place) & 0xff;
}

/* Sorts by one byte after another, the lowest first. A byte in which all items
 * agree is skipped. spare has room for as many items. */
static void radix_sort(struct item *items, struct item *spare, size_t count)
{
	size_t places[STEP][256];
	struct item *from = items;
	struct item *to = spare;

	memset(places, 0, sizeof places);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < STEP; k++)
			places[k][byte_of(&items[i], (unsigned)k)]++;
	for (size_t k = 0; k < STEP; k++) {
		size_t *place = places[k];
		struct item *swap = from;
		size_t sum = 0;

		if (place[byte_of(from, (unsigned)k)] == count)
			continue;
		for (size_t c = 0; c < 256; c++) {
			size_t here = place[c];

			place[c] = sum;
			sum += here;
		}
		for (size_t i = 0; i < count; i++)
			to[place[byte_of(&from[i], (unsigned)k)]++] = from[i];
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, count * sizeof *items);
}

/* Brings the items into the order of that byte by swapping them, and sets
 * ends[c] to where those with the byte c end. */
static void part(
	struct item *items, size_t count, unsigned place, size_t ends[256])
{
	size_t next[256];
	size_t sum = 0;

	memset(ends, 0, 256 * sizeof *ends);
	for (size_t i = 0; i < count; i++)
		ends[byte_of(&items[i], place)]++;
	for (size_t c = 0; c < 256; c++) {
		next[c] = sum;
		sum += ends[c];
		ends[c] = sum;
	}
	for (size_t c = 0; c < 256; c++) {
		while (next[c] < ends[c]) {
			struct item item = items[next[c]];

			for (size_t to; (to = byte_of(&item, place)) != c;) {
				struct item swap = items[next[to]];

				items[next[to]++] = item;
				item = swap;
			}
			items[next[c]++] = item;
		}
	}
}

/* Sorts items that agree in the bytes above place: parts them by that byte and
 * the ones below it until a part fits into the spare items, which are room
 * many. Recurses at most STEP times. */
static void part_sort(struct item *items, size_t count, unsigned place,
	struct item *spare, size_t room)
{
	size_t ends[256];
	size_t from = 0;

	if (count < RADIX_FROM) {
		qsort(items, count, sizeof *items, compare);
		return;
	}
	if (count <= room) {
		radix_sort(items, spare, count);
		return;
	}
	part(items, count, place, ends);
	for (size_t c = 0; place && c < 256; c++) {
		part_sort(items + from, ends[c] - from, place - 1, spare, room);
		from = ends[c];
	}
}

/* Sorts one run of items that are equal up to depth. Returns true if some of
 * them are still equal after that. */
static bool sort_run(const struct row *rows, struct item *items,
	struct item *spare, size_t room, size_t count, size_t depth)
{
	bool ties = false;
	uint64_t differ = 0;
	unsigned place =
		0; /* of the highest byte in which two of them differ */

	for (size_t i = 0; i < count; i++) {
		items[i].bytes = load(&rows[items[i].row].rule, depth);
		differ |= items[i].bytes ^ items[0].bytes;
	}
	while (place < STEP - 1 && differ >> (8 * (place + 1)))
		place++;
	if (differ)
		part_sort(items, count, place, spare, room);
	items[0].tied = TIE_NONE;
	for (size_t i = 1; i < count; i++) {
		items[i].tied = TIE_NONE;
		if (items[i].bytes != items[i - 1].bytes)
			continue;
		/* The last byte is 0 when both keys have ended. */
		items[i].tied = items[i].bytes & 0xff ? TIE_SO_FAR : TIE_WHOLE;
		ties |= items[i].tied == TIE_SO_FAR;
	}
	return ties;
}

/* Returns the end of the run that begins at i, whose items have that tie. */
static size_t end_of_run(
	const struct item *items, size_t count, size_t i, enum tie tie)
{
	while (++i < count && items[i].tied == tie)
		;
	return i;
}

static void sort_items(const struct row *rows, struct item *items,
	struct item *spare, size_t room, size_t count)
{
	bool ties = sort_run(rows, items, spare, room, count, 0);

	for (size_t depth = STEP; ties; depth += STEP) {
		ties = false;
		for (size_t i = 0; i < count;) {
			size_t end = end_of_run(items, count, i, TIE_SO_FAR);

			if (end - i > 1)
				ties |= sort_run(rows, items + i, spare, room,
					end - i, depth);
			i = end;
		}
	}
	/* Swapping does not keep the order of rows with the same key. */
	for (size_t i = 0; i < count;) {
		size_t end = end_of_run(items, count, i, TIE_WHOLE);

		if (end - i > 1)
			qsort(items + i, end - i, sizeof *items, compare_rows);
		i = end;
	}
}

/* Brings the rows into the order of the items, whose other members are lost: a
 * second array of rows would be the largest of all. CHUNK bytes of each row are
 * gathered in its item, and then written back; and so on with the next ones. */
static void move_rows(struct row *rows, struct item *items, size_t count)
{
	const size_t size = offsetof(struct row, line) + sizeof rows->line;

	for (size_t off = 0; off < size; off += CHUNK) {
		size_t len = size - off < CHUNK ? size - off : CHUNK;

		for (size_t i = 0; i < count; i++) {
			if (i + AHEAD < count)
				__builtin_prefetch(
					(char *)&rows[items[i + AHEAD].row] +
					off);
			memcpy(&items[i], (char *)&rows[items[i].row] + off,
				len);
		}
		for (size_t i = 0; i < count; i++)
			memcpy((char *)&rows[i] + off, &items[i], len);
	}
}

int rowsort(struct row *rows, size_t count)
{
	size_t room = count / SPARE_PART + RADIX_FROM;
	struct item *items = NULL;
	struct item *spare = NULL;
	int result = ERR_NOMEM;

	if (count < 2)
		return 0;
	if (count > UINT32_MAX)
		return ERR_NOMEM;
	items = reallocarray(NULL, count, sizeof *items);
	spare = reallocarray(NULL, room, sizeof *spare);
	if (!items || !spare)
		goto out;
	for (size_t i = 0; i < count; i++)
		items[i] = (struct item){ .row = (uint32_t)i };
	sort_items(rows, items, spare, room, count);
	move_rows(rows, items, count);
	result = 0;
out:
	free(spare);
	free(items);
	return result;
}

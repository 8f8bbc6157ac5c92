#include "check/checktargets.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"

#define LENGTH_BITS 10 /* of CHECKTARGETS_SOURCE */
#define HASH_BITS   64
#define FEW	    12 /* items that are sorted by insertion */

/* Mixes all bits of a word into all others (Stafford's variant 13 of the
 * finalizer of MurmurHash3). */
static uint64_t mix(uint64_t word)
{
	word ^= word >> 30;
	word *= UINT64_C(0xbf58476d1ce4e5b9);
	word ^= word >> 27;
	word *= UINT64_C(0x94d049bb133111eb);
	return word ^ word >> 31;
}

static uint64_t hash(struct bytes text)
{
	uint64_t value = mix(text.len + UINT64_C(0x9e3779b97f4a7c15));

	for (size_t at = 0; at < text.len; at += sizeof(uint64_t)) {
		size_t rest = text.len - at;
		uint64_t word = 0;

		memcpy(&word, text.data + at,
			rest < sizeof word ? rest : sizeof word);
		value = mix(value ^ word) + UINT64_C(0x9e3779b97f4a7c15);
	}
	return value;
}

/* An address takes at most 54 bits on every 64-bit machine that Linux runs
 * on. */
static uint64_t pack(struct bytes source)
{
	uint64_t address = (uint64_t)(uintptr_t)source.data;

	assert(source.len <= CHECKTARGETS_SOURCE);
	assert(address >> (64 - LENGTH_BITS) == 0);
	return address << LENGTH_BITS | source.len;
}

static struct bytes unpack(uint64_t source)
{
	/* The bytes are those of a map, which nobody writes to. */
	const char *data = (const char *)(uintptr_t)(source >> LENGTH_BITS);

	return (struct bytes){ data,
		(size_t)(source & ((UINT64_C(1) << LENGTH_BITS) - 1)) };
}

int checktargets_add(
	struct checktargets *list, struct bytes target, struct bytes source)
{
	struct checktarget *grown = array_grow(
		list->items, list->count, &list->room, sizeof *grown);

	if (!grown)
		return ERR_NOMEM;
	list->items = grown;
	grown[list->count++] =
		(struct checktarget){ hash(target), pack(source) };
	return 0;
}

static void swap(struct checktarget *a, struct checktarget *b)
{
	struct checktarget other = *a;

	*a = *b;
	*b = other;
}

static void sort_few(struct checktarget *items, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t k = i; k && items[k].hash < items[k - 1].hash; k--)
			swap(&items[k], &items[k - 1]);
}

/* Puts the items whose bit is 0 before the others; returns their number. */
static size_t split(struct checktarget *items, size_t count, unsigned bit)
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		if (!(items[low].hash >> bit & 1))
			low++;
		else
			swap(&items[low], &items[--high]);
	}
	return low;
}

/* Sorts by the lowest bits of the hash, which are all that differ. It needs no
 * memory beside the items, and qsort() as much again. */
static void sort_by_bits(struct checktarget *items, size_t count, unsigned bits)
{
	while (bits && count > FEW) {
		size_t low = split(items, count, --bits);

		sort_by_bits(items, low, bits);
		items += low;
		count -= low;
	}
	if (bits)
		sort_few(items, count);
}

/* Returns the number of items with the hash of the first one. */
static size_t group(const struct checktargets *list, size_t first)
{
	size_t next = first + 1;

	while (next < list->count &&
		list->items[next].hash == list->items[first].hash)
		next++;
	return next - first;
}

/* Moves the item with the first source to the front of its group. */
static void put_first(struct checktarget *items, size_t count)
{
	size_t first = 0;

	for (size_t i = 1; i < count; i++)
		if (bytes_compare(unpack(items[i].source),
			    unpack(items[first].source)) < 0)
			first = i;
	swap(&items[0], &items[first]);
}

void checktargets_sort(struct checktargets *list)
{
	sort_by_bits(list->items, list->count, HASH_BITS);
	for (size_t i = 0, count; i < list->count; i += count) {
		count = group(list, i);
		put_first(list->items + i, count);
		list->shared = list->shared || count > 1;
	}
}

/* Returns the index of the first item with this hash or a higher one, or with a
 * higher one only. */
static size_t find_bound(
	const struct checktargets *list, uint64_t wanted, bool above)
{
	size_t low = 0;
	size_t high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint64_t found = list->items[middle].hash;

		if (found < wanted || (above && found == wanted))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t checktargets_find(const struct checktargets *list, struct bytes target,
	struct bytes *source)
{
	uint64_t wanted = hash(target);
	size_t first = find_bound(list, wanted, false);
	size_t count = find_bound(list, wanted, true) - first;

	if (count)
		*source = unpack(list->items[first].source);
	return count;
}

void checktargets_free(struct checktargets *list)
{
	free(list->items);
	*list = (struct checktargets){ 0 };
}

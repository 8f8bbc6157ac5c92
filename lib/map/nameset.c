#include "map/nameset.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/error.h"

#define FIRST_SLOTS ((size_t)1024) /* a power of two */

struct nameset {
	struct arena *names;
	struct bytes *slots; /* open addressing; data NULL is free */
	size_t slot_count;   /* a power of two, at most half full */
	size_t count;
};

/* Hashes eight bytes at a time, because this runs once for each row of a
 * load. The names come from the administrator, so nobody tries to cause
 * collisions. */
static uint64_t hash(struct bytes name)
{
	uint64_t state = 0x9e3779b97f4a7c15u ^ name.len;
	size_t at = 0;

	for (; at < name.len; at += 8) {
		size_t left = name.len - at;
		uint64_t word = 0;

		if (left >= 8)
			memcpy(&word, name.data + at, 8);
		else
			memcpy(&word, name.data + at, left);
		state = (state ^ word) * 0xff51afd7ed558ccdu;
		state ^= state >> 32;
	}
	return state;
}

struct nameset *nameset_open(void)
{
	struct nameset *set = calloc(1, sizeof *set);

	if (!set)
		return NULL;
	set->names = arena_open(SIZE_MAX / 2);
	set->slots = calloc(FIRST_SLOTS, sizeof *set->slots);
	set->slot_count = FIRST_SLOTS;
	if (!set->names || !set->slots) {
		nameset_close(set);
		return NULL;
	}
	return set;
}

void nameset_close(struct nameset *set)
{
	if (!set)
		return;
	free(set->slots);
	arena_close(set->names);
	free(set);
}

/* Returns the slot that has the name, or the free one where it belongs. */
static struct bytes *find(
	struct bytes *slots, size_t slot_count, struct bytes name)
{
	size_t at = (size_t)hash(name) & (slot_count - 1);

	while (slots[at].data && !bytes_equal(slots[at], name))
		at = (at + 1) & (slot_count - 1);
	return &slots[at];
}

static int grow(struct nameset *set)
{
	size_t wider = set->slot_count * 2;
	struct bytes *slots = calloc(wider, sizeof *slots);

	if (!slots)
		return ERR_NOMEM;
	for (size_t i = 0; i < set->slot_count; i++) {
		if (set->slots[i].data)
			*find(slots, wider, set->slots[i]) = set->slots[i];
	}
	free(set->slots);
	set->slots = slots;
	set->slot_count = wider;
	return 0;
}

int nameset_add(struct nameset *set, struct bytes name)
{
	struct bytes *slot = find(set->slots, set->slot_count, name);

	if (slot->data)
		return 0;
	if (set->count >= set->slot_count / 2) {
		int result = grow(set);

		if (result)
			return result;
		slot = find(set->slots, set->slot_count, name);
	}
	slot->data = arena_copy(set->names, name.data, name.len);
	if (!slot->data)
		return ERR_NOMEM;
	slot->len = name.len;
	set->count++;
	return 0;
}

bool nameset_has(const struct nameset *set, struct bytes name)
{
	return find(set->slots, set->slot_count, name)->data != NULL;
}

static int compare(const void *left, const void *right)
{
	return bytes_compare(
		*(const struct bytes *)left, *(const struct bytes *)right);
}

const struct bytes *nameset_sorted(struct nameset *set, size_t *count)
{
	size_t used = 0;

	for (size_t i = 0; i < set->slot_count; i++) {
		if (set->slots[i].data)
			set->slots[used++] = set->slots[i];
	}
	qsort(set->slots, used, sizeof *set->slots, compare);
	*count = used;
	return set->slots;
}

#include "twice.h"

/* A slot has the upper bits of a hash, and below them the time in milliseconds,
 * which wraps around. */
#define TIME_BITS 20
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)
#define SECOND	  1000

/* Adds a text to an FNV-1a hash. Its length comes first, so that the three
 * texts do not run into each other. */
static uint64_t add(uint64_t hash, struct bytes text)
{
	hash = (hash ^ text.len) * UINT64_C(0x100000001b3);
	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.data[i]) *
		       UINT64_C(0x100000001b3);
	return hash;
}

/* Mixes the bits of an FNV hash, of which the lowest are weak, as murmur3 does.
 */
static uint64_t mix(uint64_t hash)
{
	hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
	hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return hash ^ hash >> 33;
}

bool twice_seen(struct twice *twice, struct bytes queue_id, struct bytes client,
	struct bytes sender, uint64_t now)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	uint64_t before;
	size_t slot;

	if (!queue_id.len)
		return false;
	hash = mix(add(add(add(hash, queue_id), client), sender));
	slot = hash % TWICE_SLOTS;
	/* It is never 0, which means an empty slot. */
	hash = (hash | UINT64_C(1) << 63) & ~TIME_MASK;
	before = atomic_exchange_explicit(&twice->slots[slot],
		hash | (now & TIME_MASK), memory_order_relaxed);
	return (before & ~TIME_MASK) == hash &&
	       ((now - before) & TIME_MASK) < SECOND;
}

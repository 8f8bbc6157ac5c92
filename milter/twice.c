#include "twice.h"

/* A place holds the upper bits of a hash and below them the time, in
 * milliseconds that begin again after a while. */
#define TIME_BITS 20
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)
#define SECOND	  1000

/* FNV-1a, with the length first, so that the three do not run into each other.
 */
static uint64_t add(uint64_t hash, struct bytes text)
{
	hash = (hash ^ text.len) * UINT64_C(0x100000001b3);
	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.data[i]) *
		       UINT64_C(0x100000001b3);
	return hash;
}

/* The bits of FNV's hash that come last are the weakest: from murmur3. */
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
	size_t place;

	if (!queue_id.len)
		return false;
	hash = mix(add(add(add(hash, queue_id), client), sender));
	place = hash % TWICE_PLACES;
	/* Never 0, which is an empty place. */
	hash = (hash | UINT64_C(1) << 63) & ~TIME_MASK;
	before = atomic_exchange_explicit(&twice->places[place],
		hash | (now & TIME_MASK), memory_order_relaxed);
	return (before & ~TIME_MASK) == hash &&
	       ((now - before) & TIME_MASK) < SECOND;
}

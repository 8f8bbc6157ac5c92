#include "usage/delta.h"

#include <sys/mman.h>
#include <time.h>

#define DAY   86400		  /* seconds */
#define SLOTS (2 * DELTA_ENTRIES) /* a power of two */

struct item {
	uint64_t hash;
	uint32_t off; /* of the name in names */
	uint16_t len;
	uint8_t what;
	uint8_t table;
	uint32_t first;
	uint32_t last;
	uint32_t message; /* the last one in which it was used */
	uint32_t seen;	  /* the counts that this message has added to */
	uint32_t counts[USAGE_COUNTS];
};

struct delta {
	uint64_t seed;
	uint32_t now;
	uint32_t midnight;	       /* before now */
	char day[sizeof "2026-11-21"]; /* that begins then */
	uint32_t message;	       /* its number; the first one is 1 */
	uint32_t lost;
	size_t count;
	size_t used; /* of names */
	struct item items[DELTA_ENTRIES];
	uint32_t slots[SLOTS]; /* the index of an item and 1; 0: free */
	char names[DELTA_BYTES];
};

struct delta *delta_open(uint64_t seed)
{
	/* Pages of its own, of which most are never touched: calloc() writes
	 * them all once free() has raised its threshold. */
	struct delta *delta = mmap(NULL, sizeof *delta, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (delta == MAP_FAILED)
		return NULL;
	(void)madvise(delta, sizeof *delta, MADV_NOHUGEPAGE);
	delta->seed = seed;
	return delta;
}

void delta_close(struct delta *delta)
{
	if (delta)
		(void)munmap(delta, sizeof *delta);
}

static void set_day(struct delta *delta)
{
	time_t time = (time_t)delta->now;
	struct tm utc;

	delta->midnight = delta->now - delta->now % DAY;
	if (!gmtime_r(&time, &utc) ||
		!strftime(delta->day, sizeof delta->day, "%Y-%m-%d", &utc))
		delta->day[0] = '\0';
}

void delta_begin(struct delta *delta, int64_t now)
{
	delta->now = usage_time(now);
	delta->message++;
	/* Most messages are of the same day as the one before. */
	if (!delta->day[0] || delta->now - delta->midnight >= DAY)
		set_day(delta);
}

const char *delta_day(const struct delta *delta)
{
	return delta->day;
}

static bool is_item(const struct delta *delta, const struct item *item,
	uint64_t hash, enum usage_what what, enum rule_table table,
	struct bytes name)
{
	return item->hash == hash && item->what == what &&
	       item->table == table && item->len == name.len &&
	       !memcmp(delta->names + item->off, name.data, name.len);
}

/* Makes an item for a free slot. Returns NULL if there is no room. */
static struct item *make(struct delta *delta, uint64_t hash, uint32_t *slot,
	enum usage_what what, enum rule_table table, struct bytes name)
{
	struct item *item = &delta->items[delta->count];

	if (delta->count == DELTA_ENTRIES ||
		DELTA_BYTES - delta->used < name.len)
		return NULL;
	*item = (struct item){ .hash = hash,
		.off = (uint32_t)delta->used,
		.len = (uint16_t)name.len,
		.what = (uint8_t)what,
		.table = (uint8_t)table,
		.first = delta->now,
		.last = delta->now };
	memcpy(delta->names + delta->used, name.data, name.len);
	delta->used += name.len;
	*slot = (uint32_t)++delta->count;
	return item;
}

void delta_add(struct delta *delta, enum usage_what what, enum rule_table table,
	struct bytes name, unsigned bits)
{
	uint64_t hash = usage_hash(
		delta->seed, (unsigned)what * RULE_TABLES + table, name);
	size_t at = hash % SLOTS;
	struct item *item = NULL;

	if (!name.len || name.len > USAGE_NAME_MAX) {
		delta_lose(delta);
		return;
	}
	while (delta->slots[at]) {
		item = &delta->items[delta->slots[at] - 1];
		if (is_item(delta, item, hash, what, table, name))
			break;
		item = NULL;
		at = (at + 1) % SLOTS;
	}
	if (!item)
		item = make(delta, hash, &delta->slots[at], what, table, name);
	if (!item) {
		delta_lose(delta);
		return;
	}
	if (item->message != delta->message)
		item->seen = 0;
	item->message = delta->message;
	bits &= ~item->seen;
	item->seen |= bits;
	for (unsigned i = 0; bits; i++, bits >>= 1)
		item->counts[i] += bits & 1;
	/* The clock may have been set back. */
	if (delta->now > item->last)
		item->last = delta->now;
	if (delta->now < item->first)
		item->first = delta->now;
}

void delta_lose(struct delta *delta)
{
	delta->lost = delta->now ? delta->now : 1;
}

uint32_t delta_lost(const struct delta *delta)
{
	return delta->lost;
}

size_t delta_count(const struct delta *delta)
{
	return delta->count;
}

bool delta_is_half_full(const struct delta *delta)
{
	return delta->count >= DELTA_ENTRIES / 2 ||
	       delta->used >= DELTA_BYTES / 2;
}

void delta_entry(
	const struct delta *delta, size_t index, struct usage_entry *entry)
{
	const struct item *item = &delta->items[index];

	*entry = (struct usage_entry){ .what = item->what,
		.table = item->table,
		.name = { delta->names + item->off, item->len },
		.first = item->first,
		.last = item->last };
	for (size_t i = 0; i < USAGE_COUNTS; i++)
		entry->counts[i] = item->counts[i];
}

#include "usage/master.h"

#include <stdlib.h>
#include <time.h>

#include "base/array.h"
#include "usage/mask.h"

#define SLOTS_MIN   1024
#define DAY	    86400
#define NO_POSITION UINT32_MAX

struct item {
	uint64_t hash;
	uint32_t first;
	uint32_t last;
	uint32_t position; /* in the heap of its kind */
	uint16_t len;
	uint8_t what;
	uint8_t table;
	bool hashed;
	uint64_t data[]; /* the counts, and then the name */
};

/* The items of one kind as a binary heap: none is less than its parent. */
struct heap {
	struct item **items;
	size_t count;
	size_t room;
	size_t max;
	uint32_t incomplete; /* since when; 0: it is complete */
};

struct master {
	uint64_t seed;
	struct item **slots; /* open addressing; NULL: free */
	size_t slot_count;   /* a power of two */
	size_t count;
	struct heap heaps[USAGE_WHATS];
};

static char *name_of(struct item *item)
{
	return (char *)(item->data + usage_counts(item->what));
}

static void show(const struct item *item, struct usage_entry *entry)
{
	size_t counts = usage_counts(item->what);

	*entry = (struct usage_entry){ .what = item->what,
		.table = item->table,
		.hashed = item->hashed,
		.name = { (const char *)(item->data + counts), item->len },
		.first = item->first,
		.last = item->last };
	memcpy(entry->counts, item->data, counts * sizeof *item->data);
}

static uint64_t hash_of(
	const struct master *master, const struct usage_entry *entry)
{
	unsigned kind = (unsigned)entry->what * RULE_TABLES + entry->table;

	return usage_hash(master->seed, 2 * kind + entry->hashed, entry->name);
}

static uint64_t uses(const struct item *item)
{
	return item->what == USAGE_DAY ? item->data[USAGE_MESSAGES]
				       : item->data[USAGE_MESSAGES] +
						 item->data[USAGE_SHADOWED];
}

static bool is_less(const struct item *a, const struct item *b)
{
	uint64_t uses_a = uses(a);
	uint64_t uses_b = uses(b);

	return uses_a != uses_b ? uses_a < uses_b : a->last < b->last;
}

static void set_place(struct heap *heap, size_t place, struct item *item)
{
	heap->items[place] = item;
	item->position = (uint32_t)place;
}

static void sift_up(struct heap *heap, size_t at)
{
	struct item *item = heap->items[at];

	while (at && is_less(item, heap->items[(at - 1) / 2])) {
		set_place(heap, at, heap->items[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	set_place(heap, at, item);
}

static void sift_down(struct heap *heap, size_t at)
{
	struct item *item = heap->items[at];
	size_t child;

	while ((child = 2 * at + 1) < heap->count) {
		if (child + 1 < heap->count &&
			is_less(heap->items[child + 1], heap->items[child]))
			child++;
		if (!is_less(heap->items[child], item))
			break;
		set_place(heap, at, heap->items[child]);
		at = child;
	}
	set_place(heap, at, item);
}

static size_t slot_of(const struct master *master, uint64_t hash)
{
	return (size_t)hash & (master->slot_count - 1);
}

/* Returns the slot of the entry, or the free one where it belongs. */
static size_t find(const struct master *master, uint64_t hash,
	const struct usage_entry *entry)
{
	size_t at = slot_of(master, hash);
	struct item *item;

	for (; (item = master->slots[at]); at = slot_of(master, at + 1))
		if (item->hash == hash && item->what == entry->what &&
			item->table == entry->table &&
			item->hashed == entry->hashed &&
			bytes_equal((struct bytes){ name_of(item), item->len },
				entry->name))
			break;
	return at;
}

static int grow(struct master *master)
{
	size_t count = master->slot_count ? 2 * master->slot_count : SLOTS_MIN;
	struct item **slots = calloc(count, sizeof *slots);
	struct item **old = master->slots;
	size_t old_count = master->slot_count;

	if (!slots)
		return ERR_NOMEM;
	master->slots = slots;
	master->slot_count = count;
	for (size_t i = 0; i < old_count; i++) {
		size_t at;

		if (!old[i])
			continue;
		at = slot_of(master, old[i]->hash);
		while (slots[at])
			at = slot_of(master, at + 1);
		slots[at] = old[i];
	}
	free(old);
	return 0;
}

/* Frees a slot, and moves the items after it that would not be found any more.
 */
static void free_slot(struct master *master, size_t hole)
{
	size_t at = hole;

	master->slots[hole] = NULL;
	for (;;) {
		size_t home;

		at = slot_of(master, at + 1);
		if (!master->slots[at])
			return;
		home = slot_of(master, master->slots[at]->hash);
		/* True unless home lies between the hole and its place. */
		if (slot_of(master, at - home) >= slot_of(master, at - hole)) {
			master->slots[hole] = master->slots[at];
			master->slots[at] = NULL;
			hole = at;
		}
	}
}

static void leave_heap(struct heap *heap, const struct item *item)
{
	size_t at = item->position;
	struct item *last = heap->items[--heap->count];

	if (last == item)
		return;
	set_place(heap, at, last);
	sift_up(heap, at);
	sift_down(heap, last->position);
}

static void remove_item(struct master *master, struct item *item)
{
	size_t at = slot_of(master, item->hash);

	while (master->slots[at] != item)
		at = slot_of(master, at + 1);
	free_slot(master, at);
	leave_heap(&master->heaps[item->what], item);
	master->count--;
	free(item);
}

/* Drops the least items that are too many, and notes when. */
static void drop(struct master *master, enum usage_what what, size_t max)
{
	struct heap *heap = &master->heaps[what];

	while (heap->count > max) {
		master_set_incomplete(master, what, heap->items[0]->last);
		remove_item(master, heap->items[0]);
	}
}

struct master *master_open(uint64_t seed)
{
	struct master *master = calloc(1, sizeof *master);

	if (!master)
		return NULL;
	master->seed = seed;
	for (enum usage_what what = 0; what < USAGE_WHATS; what++)
		master->heaps[what].max = NO_POSITION - 1;
	if (grow(master) == 0)
		return master;
	free(master);
	return NULL;
}

void master_close(struct master *master)
{
	if (!master)
		return;
	for (enum usage_what what = 0; what < USAGE_WHATS; what++) {
		struct heap *heap = &master->heaps[what];

		for (size_t i = 0; i < heap->count; i++)
			free(heap->items[i]);
		free(heap->items);
	}
	free(master->slots);
	free(master);
}

void master_limit(struct master *master, size_t usage_max)
{
	master->heaps[USAGE_UNRULED].max = usage_max;
	master->heaps[USAGE_LEAK].max = MASTER_LEAKS;
	master->heaps[USAGE_DOMAIN].max = MASTER_DOMAINS;
	for (enum usage_what what = 0; what < USAGE_WHATS; what++)
		drop(master, what, master->heaps[what].max);
}

static struct item *make(uint64_t hash, const struct usage_entry *entry)
{
	size_t counts = usage_counts(entry->what);
	struct item *item = malloc(
		sizeof *item + counts * sizeof *item->data + entry->name.len);

	if (!item)
		return NULL;
	*item = (struct item){ .hash = hash,
		.first = entry->first,
		.last = entry->last,
		.len = (uint16_t)entry->name.len,
		.what = (uint8_t)entry->what,
		.table = (uint8_t)entry->table,
		.hashed = entry->hashed };
	memcpy(item->data, entry->counts, counts * sizeof *item->data);
	memcpy(name_of(item), entry->name.data, entry->name.len);
	return item;
}

static int insert(
	struct master *master, uint64_t hash, const struct usage_entry *entry)
{
	struct heap *heap = &master->heaps[entry->what];
	struct item **items = array_grow(
		heap->items, heap->count, &heap->room, sizeof(struct item *));
	struct item *item;

	if (!items)
		return ERR_NOMEM;
	heap->items = items;
	if (master->count >= master->slot_count / 2 && grow(master) < 0)
		return ERR_NOMEM;
	item = make(hash, entry);
	if (!item)
		return ERR_NOMEM;
	drop(master, entry->what, heap->max - 1);
	master->slots[find(master, hash, entry)] = item;
	master->count++;
	heap->items[heap->count] = item;
	sift_up(heap, heap->count++);
	return 0;
}

int master_add(struct master *master, const struct usage_entry *entry)
{
	uint64_t hash = hash_of(master, entry);
	struct item *item = master->slots[find(master, hash, entry)];

	if (!item)
		return insert(master, hash, entry);
	for (size_t i = 0; i < usage_counts(entry->what); i++)
		if (__builtin_add_overflow(
			    item->data[i], entry->counts[i], &item->data[i]))
			item->data[i] = UINT64_MAX;
	if (entry->first < item->first)
		item->first = entry->first;
	if (entry->last > item->last)
		item->last = entry->last;
	sift_down(&master->heaps[item->what], item->position);
	return 0;
}

void master_merge(
	struct master *master, const struct delta *delta, const struct log *log)
{
	uint32_t lost = delta_lost(delta);
	struct usage_entry entry;
	char text[USAGE_NAME_MAX];

	for (enum usage_what what = 0; what < USAGE_WHATS; what++)
		master_set_incomplete(master, what, lost);
	for (size_t i = 0; i < delta_count(delta); i++) {
		delta_entry(delta, i, &entry);
		if (log)
			(void)mask_name(&entry, log, text);
		if (master_add(master, &entry) < 0)
			master_set_incomplete(master, entry.what, entry.last);
	}
}

/* Lists the items of a heap, which may then change. Returns NULL if memory is
 * exhausted; the caller must free() the list. */
static struct item **list(const struct heap *heap, size_t *count)
{
	struct item **items = malloc((heap->count + 1) * sizeof(struct item *));

	*count = heap->count;
	if (items && heap->count)
		memcpy(items, heap->items, heap->count * sizeof *items);
	return items;
}

int master_hash(struct master *master, const struct log *log)
{
	struct usage_entry entry;
	char text[USAGE_NAME_MAX];
	int result = 0;

	for (enum usage_what what = 0; !result && what < USAGE_WHATS; what++) {
		size_t count;
		struct item **items = list(&master->heaps[what], &count);

		if (!items)
			return ERR_NOMEM;
		for (size_t i = 0; !result && i < count; i++) {
			show(items[i], &entry);
			if (entry.hashed || !mask_name(&entry, log, text))
				continue;
			/* Its name is in text now. */
			remove_item(master, items[i]);
			result = master_add(master, &entry);
			if (result)
				master_set_incomplete(master, what, entry.last);
		}
		free(items);
	}
	return result;
}

/* True if the day is after the one of that time. */
static bool is_future(const struct item *item, uint32_t now)
{
	time_t time = (time_t)now + DAY;
	char day[16];
	struct tm utc;

	return item->what == USAGE_DAY && gmtime_r(&time, &utc) &&
	       strftime(day, sizeof day, "%Y-%m-%d", &utc) &&
	       item->len >= strlen(day) &&
	       memcmp(item->data + usage_counts(USAGE_DAY), day, strlen(day)) >
		       0;
}

void master_expire(struct master *master, int64_t now, int days)
{
	uint32_t time = usage_time(now);
	uint32_t oldest = usage_time(now - (int64_t)days * DAY);

	for (enum usage_what what = 0; what < USAGE_WHATS; what++) {
		size_t count;
		struct item **items = list(&master->heaps[what], &count);

		if (master->heaps[what].incomplete < oldest)
			master->heaps[what].incomplete = 0;
		for (size_t i = 0; items && i < count; i++) {
			struct item *item = items[i];

			if (item->last < oldest || is_future(item, time)) {
				remove_item(master, item);
				continue;
			}
			if (item->first > time)
				item->first = time;
			if (item->last <= time)
				continue;
			item->last = time;
			sift_up(&master->heaps[what], item->position);
		}
		free(items);
	}
}

uint32_t master_incomplete(const struct master *master, enum usage_what what)
{
	return master->heaps[what].incomplete;
}

void master_set_incomplete(
	struct master *master, enum usage_what what, uint32_t since)
{
	uint32_t *known = &master->heaps[what].incomplete;

	if (since && (!*known || since < *known))
		*known = since;
}

size_t master_count(const struct master *master, enum usage_what what)
{
	return master->heaps[what].count;
}

size_t master_total(const struct master *master)
{
	return master->count;
}

bool master_next(
	const struct master *master, size_t *cursor, struct usage_entry *entry)
{
	size_t at = *cursor;

	for (enum usage_what what = 0; what < USAGE_WHATS; what++) {
		const struct heap *heap = &master->heaps[what];

		if (at < heap->count) {
			show(heap->items[at], entry);
			(*cursor)++;
			return true;
		}
		at -= heap->count;
	}
	return false;
}

bool master_find(const struct master *master, struct usage_entry *entry)
{
	struct item *item =
		master->slots[find(master, hash_of(master, entry), entry)];

	if (item)
		show(item, entry);
	return item != NULL;
}

#include "base/arena.h"

#include <stdalign.h>
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_BLOCK  ((size_t)4096)
#define LARGEST_STEP ((size_t)1 << 20)

struct block {
	struct block *next;
	size_t size;
	size_t used;
	max_align_t data[];
};

struct arena {
	struct block *newest; /* allocations come from this one */
	size_t max;
	size_t held;			/* sum of size over all blocks */
	size_t step;			/* size of the next block */
	struct budget_account *account; /* NULL if the arena has none */
};

static struct block *block_open(struct arena *arena, size_t size)
{
	struct block *block;

	if (size > arena->max || arena->held > arena->max - size)
		return NULL;
	if (arena->account && !budget_take(arena->account, size))
		return NULL;
	block = malloc(sizeof *block + size);
	if (!block) {
		if (arena->account)
			budget_give(arena->account, size);
		return NULL;
	}
	block->size = size;
	block->used = 0;
	block->next = arena->newest;
	arena->newest = block;
	arena->held += size;
	return block;
}

static void block_close(struct arena *arena)
{
	struct block *block = arena->newest;

	arena->newest = block->next;
	arena->held -= block->size;
	if (arena->account)
		budget_give(arena->account, block->size);
	free(block);
}

struct arena *arena_open_account(size_t max, struct budget_account *account)
{
	struct arena *arena = calloc(1, sizeof *arena);

	if (!arena)
		return NULL;
	arena->max = max < FIRST_BLOCK ? FIRST_BLOCK : max;
	arena->step = FIRST_BLOCK;
	arena->account = account;
	if (!block_open(arena, FIRST_BLOCK)) {
		free(arena);
		return NULL;
	}
	return arena;
}

struct arena *arena_open(size_t max)
{
	return arena_open_account(max, NULL);
}

struct arena *arena_open_beside(const struct arena *other, size_t max)
{
	return arena_open_account(max, other->account);
}

void arena_reset(struct arena *arena)
{
	while (arena->newest->next)
		block_close(arena);
	arena->newest->used = 0;
	arena->step = FIRST_BLOCK;
}

struct arena_mark arena_mark(const struct arena *arena)
{
	return (struct arena_mark){ arena->newest, arena->newest->used };
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
	while (arena->newest != mark.block)
		block_close(arena);
	arena->newest->used = mark.used;
}

void arena_close(struct arena *arena)
{
	if (!arena)
		return;
	while (arena->newest)
		block_close(arena);
	free(arena);
}

static void *take(struct arena *arena, size_t size, size_t align)
{
	struct block *block = arena->newest;
	size_t start = (block->used + align - 1) / align * align;

	if (start > block->size || size > block->size - start) {
		size_t want;

		if (arena->step < LARGEST_STEP)
			arena->step *= 2;
		want = size > arena->step ? size : arena->step;
		block = block_open(arena, want);
		if (!block && want > size)
			block = block_open(arena, size);
		if (!block)
			return NULL;
		start = 0;
	}
	block->used = start + size;
	return (char *)block->data + start;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return take(arena, size, alignof(max_align_t));
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
	if (!n || !size)
		return arena_alloc(arena, 1);
	return n > SIZE_MAX / size ? NULL : arena_alloc(arena, n * size);
}

char *arena_bytes(struct arena *arena, size_t size)
{
	return take(arena, size, 1);
}

char *arena_copy(struct arena *arena, const char *data, size_t len)
{
	char *copy;

	if (len == SIZE_MAX)
		return NULL;
	copy = take(arena, len + 1, 1);
	if (!copy)
		return NULL;
	if (len)
		memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

char *arena_vformat(struct arena *arena, const char *format, va_list args)
{
	char *copy = NULL;
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		return NULL;
	copy = arena_copy(arena, text, strlen(text));
	free(text);
	return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	text = arena_vformat(arena, format, args);
	va_end(args);
	return text;
}

static void keep(void *object)
{
	(void)object;
}

void arena_free_tree(void *tree)
{
	tdestroy(tree, keep);
}

size_t arena_used(const struct arena *arena)
{
	return arena->held;
}

#include "rounds.h"

#include <search.h>
#include <stdlib.h>

#include "base/array.h"

struct round {
	void *sources;			  /* struct rounds_move, by key */
	void *targets;			  /* struct bytes: keys of targets */
	const struct rounds_move **moves; /* the sources, as they came */
	size_t count;
	size_t room;
};

struct rounds {
	struct round list[ROUNDS_MAX];
	size_t count;
};

static int compare_moves(const void *left, const void *right)
{
	return bytes_compare(((const struct rounds_move *)left)->key,
		((const struct rounds_move *)right)->key);
}

static int compare_keys(const void *left, const void *right)
{
	return bytes_compare(
		*(const struct bytes *)left, *(const struct bytes *)right);
}

struct rounds *rounds_open(void)
{
	return calloc(1, sizeof(struct rounds));
}

void rounds_close(struct rounds *rounds)
{
	for (size_t i = 0; rounds && i < rounds->count; i++) {
		arena_free_tree(rounds->list[i].sources);
		arena_free_tree(rounds->list[i].targets);
		free(rounds->list[i].moves);
	}
	free(rounds);
}

size_t rounds_count(const struct rounds *rounds)
{
	return rounds->count;
}

/* Returns the move of the recipient with this key in a round, or NULL. */
static const struct rounds_move *find(
	const struct round *round, struct bytes key)
{
	const struct rounds_move wanted = { .key = key };
	void *const *node = tfind(&wanted, &round->sources, compare_moves);

	return node ? *node : NULL;
}

static bool is_same(const struct rounds_move *a, const struct rounds_move *b)
{
	return a->targets && b->targets ? !strcmp(a->targets, b->targets)
					: !a->targets && !b->targets;
}

/* True if a target of the move, other than its recipient, moves on. */
static bool moves_on(
	const struct rounds_move *move, const struct rounds_move *other)
{
	return other && other->targets && !bytes_equal(move->key, other->key);
}

static bool fits(const struct round *round, const struct rounds_move *move)
{
	const struct rounds_move *there = find(round, move->key);

	if (there)
		return is_same(there, move);
	if (!move->targets)
		return true;
	if (tfind(&move->key, &round->targets, compare_keys))
		return false;
	for (size_t i = 0; i < move->count; i++)
		if (moves_on(move, find(round, move->keys[i])))
			return false;
	return true;
}

/* True if a recipient of the message becomes another one that moves, too. */
static bool is_circular(const struct rounds_move *moves, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; moves[i].targets && k < moves[i].count; k++)
			for (size_t j = 0; j < count; j++)
				if (moves[j].targets && i != j &&
					bytes_equal(
						moves[i].keys[k], moves[j].key))
					return true;
	return false;
}

static int insert(struct round *round, const struct rounds_move *move)
{
	const struct rounds_move **moves = array_grow(
		round->moves, round->count, &round->room, sizeof *moves);
	void *const *node;

	if (!moves)
		return ERR_NOMEM;
	round->moves = moves;
	node = tsearch(move, &round->sources, compare_moves);
	if (!node)
		return ERR_NOMEM;
	if (*node == move) /* not one that was there */
		moves[round->count++] = move;
	for (size_t i = 0; move->targets && i < move->count; i++)
		if (!bytes_equal(move->keys[i], move->key) &&
			!tsearch(&move->keys[i], &round->targets, compare_keys))
			return ERR_NOMEM;
	return 0;
}

int rounds_place(
	struct rounds *rounds, const struct rounds_move *moves, size_t count)
{
	size_t at = 0;

	if (is_circular(moves, count))
		return ERR_NOTFOUND;
	for (; at < rounds->count; at++) {
		size_t i = 0;

		while (i < count && fits(&rounds->list[at], &moves[i]))
			i++;
		if (i == count)
			break;
	}
	if (at == ROUNDS_MAX)
		return ERR_NOTFOUND;
	if (at == rounds->count)
		rounds->count++;
	for (size_t i = 0; i < count; i++)
		if (insert(&rounds->list[at], &moves[i]))
			return ERR_NOMEM;
	return (int)at;
}

static int compare_places(const void *left, const void *right)
{
	return compare_moves(*(const struct rounds_move *const *)left,
		*(const struct rounds_move *const *)right);
}

void rounds_table(const struct rounds *rounds, size_t round,
	void (*each)(void *context, const struct rounds_move *move),
	void *context)
{
	const struct round *one = &rounds->list[round];

	if (one->count)
		qsort(one->moves, one->count, sizeof *one->moves,
			compare_places);
	for (size_t i = 0; i < one->count; i++)
		if (one->moves[i]->targets)
			each(context, one->moves[i]);
}

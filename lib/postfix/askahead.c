#include "postfix/askahead.h"

#include <stdlib.h>
#include <sys/types.h>

#include "base/array.h"

#define TEXTS_MAX ((size_t)1 << 30) /* bytes of all keys and answers */

struct answer {
	struct bytes key;
	struct bytes line; /* "key<TAB>value"; len 0: the table has no such key
			    */
};

struct asked {
	struct bytes table;
	struct answer *answers; /* in the order of their keys */
	size_t count;
};

struct askahead {
	struct arena *arena;
	struct asked *asked;
	size_t count;
	size_t room;
};

struct askahead *askahead_open(void)
{
	struct askahead *askahead = calloc(1, sizeof *askahead);

	if (askahead)
		askahead->arena = arena_open(TEXTS_MAX);
	if (askahead && !askahead->arena) {
		free(askahead);
		askahead = NULL;
	}
	return askahead;
}

void askahead_close(struct askahead *askahead)
{
	if (!askahead)
		return;
	free(askahead->asked);
	arena_close(askahead->arena);
	free(askahead);
}

static int compare(const void *a, const void *b)
{
	const struct answer *x = a;
	const struct answer *y = b;

	return bytes_compare(x->key, y->key);
}

static struct answer *find(const struct asked *asked, struct bytes key)
{
	const struct answer wanted = { .key = key };

	return asked->count ? bsearch(&wanted, asked->answers, asked->count,
				      sizeof wanted, compare)
			    : NULL;
}

static bool keep(struct arena *arena, struct bytes text, struct bytes *copy)
{
	copy->data = arena_copy(arena, text.data, text.len);
	copy->len = text.len;
	return copy->data;
}

int askahead_put(struct askahead *askahead, struct bytes table,
	const struct bytes *keys, size_t count, struct bytes answers)
{
	struct arena *arena = askahead->arena;
	struct asked *grown = array_grow(askahead->asked, askahead->count,
		&askahead->room, sizeof *grown);
	struct asked *asked;

	if (!grown)
		return ERR_NOMEM;
	askahead->asked = grown;
	asked = &grown[askahead->count];
	*asked = (struct asked){ .answers = arena_array(
					 arena, count, sizeof *asked->answers),
		.count = count };
	if (!asked->answers || !keep(arena, table, &asked->table))
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++) {
		asked->answers[i].line.len = 0;
		if (!keep(arena, keys[i], &asked->answers[i].key))
			return ERR_NOMEM;
	}
	while (answers.len) {
		struct bytes line = bytes_cut(&answers, '\n');
		struct bytes rest = line;
		struct answer *answer = find(asked, bytes_cut(&rest, '\t'));

		if (answer && !keep(arena, line, &answer->line))
			return ERR_NOMEM;
	}
	askahead->count++;
	return 0;
}

/* Returns the length of the answers, with the newlines; or -1 if the table was
 * not asked for all of the keys. Writes them to text unless it is NULL. */
static ssize_t answer_all(
	const struct asked *asked, struct bytes keys, char *text)
{
	size_t used = 0;

	while (keys.len) {
		const struct answer *answer =
			find(asked, bytes_cut(&keys, '\n'));

		if (!answer)
			return -1;
		if (!answer->line.len)
			continue;
		if (text) {
			memcpy(text + used, answer->line.data,
				answer->line.len);
			text[used + answer->line.len] = '\n';
		}
		used += answer->line.len + 1;
	}
	return (ssize_t)used;
}

int askahead_get(const struct askahead *askahead, struct bytes table,
	struct bytes keys, struct arena *arena, struct bytes *answers)
{
	for (size_t i = 0; i < askahead->count; i++) {
		const struct asked *asked = &askahead->asked[i];
		ssize_t len = bytes_equal(asked->table, table)
				      ? answer_all(asked, keys, NULL)
				      : -1;
		char *text;

		if (len < 0)
			continue;
		text = arena_bytes(arena, (size_t)len + 1);
		if (!text)
			return ERR_NOMEM;
		(void)answer_all(asked, keys, text);
		*answers = (struct bytes){ text, (size_t)len };
		return 1;
	}
	return 0;
}

#include "postfix/postmap.h"

#include <stdio.h>
#include <stdlib.h>

#include "postfix/words.h"

#define NESTED_MAX 8 /* files that name files, tables within tables */

void postmap_reset(struct postmap *postmap)
{
	postmap->asked = 0;
	postmap->left_out = false;
	postmap->list = (struct postmap_list){ NULL, NULL };
}

/* A table that another process gives access to is the same table. */
static struct bytes without_proxy(struct bytes table)
{
	while (bytes_take(&table, "proxy:"))
		;
	return table;
}

/* True if the table is on this host, so that a question to it waits for nobody.
 */
static bool is_local(struct bytes table, unsigned depth)
{
	static const char *const types[] = { "hash:", "btree:", "lmdb:", "cdb:",
		"dbm:", "sdbm:", "sqlite:", "texthash:", "inline:", "static:",
		"regexp:", "pcre:", "cidr:", "fail:" };
	struct bytes word;

	table = without_proxy(table);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (bytes_take(&table, types[i]))
			return true;
	if ((!bytes_take(&table, "unionmap:") &&
		    !bytes_take(&table, "pipemap:")) ||
		!depth)
		return false;
	(void)words_open(&table);
	while (words_next(&table, WORDS_OF_LIST, &word)) {
		(void)words_open(&word);
		if (!is_local(word, depth - 1))
			return false;
	}
	return true;
}

bool postmap_may(struct postmap *postmap, struct bytes table)
{
	bool may = postmap->all || is_local(table, NESTED_MAX);

	postmap->left_out = postmap->left_out || !may;
	return may;
}

bool postmap_has_patterns(struct bytes table)
{
	table = without_proxy(table);
	return bytes_take(&table, "regexp:") || bytes_take(&table, "pcre:") ||
	       bytes_take(&table, "cidr:");
}

/* The name for a program that does not run in the queue directory. */
static const char *name_of(struct postmap *postmap, struct bytes table)
{
	static const char socket[] = "socketmap:unix:";
	struct bytes path = table;
	const char *queue = postmap->queue_directory;
	char *name;
	size_t len;

	if (!queue || !bytes_take(&path, socket) || !path.len ||
		*path.data == '/')
		return arena_copy(postmap->arena, table.data, table.len);
	len = strlen(socket) + strlen(queue) + 1 + path.len + 1;
	name = arena_bytes(postmap->arena, len);
	if (name)
		(void)snprintf(name, len, "%s%s/%.*s", socket, queue,
			(int)path.len, path.data);
	return name;
}

int postmap_ask_itself(struct postmap *postmap, struct bytes table,
	struct bytes keys, struct bytes *answers)
{
	const char *name = name_of(postmap, without_proxy(table));
	struct bytes found;

	*answers = (struct bytes){ "", 0 };
	if (!name)
		return ERR_NOMEM;
	if (!postmap->ask || postmap->asked++ >= POSTMAP_ASKED_MAX ||
		postmap->ask(postmap->context, name, keys, &found) < 0)
		return ERR_IO;
	answers->data = arena_copy(postmap->arena, found.data, found.len);
	answers->len = found.len;
	return answers->data ? 0 : ERR_NOMEM;
}

int postmap_find_all(struct postmap *postmap, struct bytes table,
	struct bytes keys, struct bytes *answers)
{
	int result = 0;

	*answers = (struct bytes){ "", 0 };
	if (postmap->own)
		result = postmap->own(
			postmap->own_context, table, keys, answers);
	if (result)
		return result == 1 ? 0 : result == ERR_NOMEM ? result : ERR_IO;
	if (!postmap_may(postmap, table))
		return ERR_IO;
	if (postmap->ahead)
		result = askahead_get(
			postmap->ahead, table, keys, postmap->arena, answers);
	if (result)
		return result == 1 ? 0 : result;
	return postmap_ask_itself(postmap, table, keys, answers);
}

int postmap_find(struct postmap *postmap, struct bytes table, struct bytes key,
	const char **value)
{
	char *keys = arena_bytes(postmap->arena, key.len + 1);
	struct bytes answers;
	int result;

	if (!keys)
		return ERR_NOMEM;
	memcpy(keys, key.data, key.len);
	keys[key.len] = '\n';
	result = postmap_find_all(
		postmap, table, (struct bytes){ keys, key.len + 1 }, &answers);
	if (result < 0)
		return result;
	if (!answers.len)
		return 0;
	if (value) {
		struct bytes line = bytes_cut(&answers, '\n');

		(void)bytes_cut(&line, '\t');
		*value = arena_copy(postmap->arena, line.data, line.len);
		if (!*value)
			return ERR_NOMEM;
	}
	return 1;
}

/* True if the key is a whole address. */
static bool is_address(struct bytes key)
{
	return key.len && *key.data != '@' && memchr(key.data, '@', key.len);
}

/* Asks one table for keys[0 .. count - 1]. *first becomes the number of the
 * first that it has, and *value what it has. Returns as postmap_find() does. */
static int find_first_in(struct postmap *postmap, struct bytes table,
	const struct bytes *keys, size_t count, size_t *first,
	const char **value)
{
	bool patterns = postmap_has_patterns(table);
	struct bytes answers;
	struct bytes line;
	size_t room = 1;
	size_t used = 0;
	char *text;
	int result;

	for (size_t i = 0; i < count; i++)
		room += keys[i].len + 1;
	text = arena_bytes(postmap->arena, room);
	if (!text)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++) {
		if (patterns && !is_address(keys[i]))
			continue;
		memcpy(text + used, keys[i].data, keys[i].len);
		used += keys[i].len;
		text[used++] = '\n';
	}
	if (!used)
		return 0;
	result = postmap_find_all(
		postmap, table, (struct bytes){ text, used }, &answers);
	if (result < 0)
		return result;
	if (!answers.len)
		return 0;
	/* They come in the order of the keys. */
	line = bytes_cut(&answers, '\n');
	answers = bytes_cut(&line, '\t');
	for (*first = 0; *first < count; (*first)++)
		if (bytes_equal(keys[*first], answers))
			break;
	*value = arena_copy(postmap->arena, line.data, line.len);
	return *value ? 1 : ERR_NOMEM;
}

int postmap_find_first(struct postmap *postmap, const char *list,
	const struct bytes *keys, size_t count, const char **value)
{
	struct bytes rest = bytes_of(list);
	struct bytes table;
	int result = 0;

	while (words_next(&rest, WORDS_OF_LIST, &table)) {
		size_t first = 0;
		const char *found = NULL;
		int answer = find_first_in(
			postmap, table, keys, count, &first, &found);

		if (answer == ERR_NOMEM)
			return answer;
		if (answer < 0 && !result)
			result = answer;
		if (answer <= 0)
			continue;
		/* A later table can only have an earlier key. */
		*value = found;
		result = 1;
		count = first;
		if (!count)
			break;
	}
	return result;
}

#define TRANSPORT_KEYS                                                         \
	40 /* an address, a domain of 127 labels at most, "*"                  \
	    */

int postmap_find_transport(struct postmap *postmap, const char *list,
	struct bytes domain, enum domainlist_parents parents,
	const char **value)
{
	struct bytes keys[TRANSPORT_KEYS];
	size_t count = 2;
	size_t len = domain.len + 4;
	char *address = arena_bytes(postmap->arena, len + 1);

	if (!address)
		return ERR_NOMEM;
	(void)snprintf(
		address, len + 1, "any@%.*s", (int)domain.len, domain.data);
	keys[0] = (struct bytes){ address, len };
	keys[1] = domain;
	for (size_t at = 1; at < domain.len && count < TRANSPORT_KEYS - 1;
		at++) {
		size_t from = parents == DOMAINLIST_INCLUDING ? at + 1 : at;

		if (domain.data[at] == '.')
			keys[count++] = (struct bytes){ domain.data + from,
				domain.len - from };
	}
	keys[count++] = bytes_of("*");
	return postmap_find_first(postmap, list, keys, count, value);
}

static int ask_for_list(void *context, struct bytes table, struct bytes key)
{
	return postmap_find(context, table, key, NULL);
}

enum domainlist_answer postmap_match(struct postmap *postmap, const char *value,
	struct bytes domain, enum domainlist_parents parents)
{
	const char *list = postmap_list(postmap, value);

	/* Without memory nothing is known; the caller finds it out. */
	return list ? domainlist_match(
			      list, domain, parents, ask_for_list, postmap)
		    : DOMAINLIST_UNKNOWN;
}

static void expand(struct postmap *postmap, FILE *list, struct bytes value,
	bool turned, unsigned depth);

/* Writes the words of a file. Lines that begin with "#" are comments. */
static void expand_file(struct postmap *postmap, FILE *list, struct bytes word,
	bool turned, unsigned depth)
{
	const char *path = arena_copy(postmap->arena, word.data, word.len);
	struct bytes text;
	char *copy;

	if (!depth || !path || !postmap->read ||
		postmap->read(postmap->context, path, &text) < 0) {
		(void)fprintf(list, "%s%.*s ", turned ? "!" : "", (int)word.len,
			word.data);
		return;
	}
	/* The text lives until the next file is read. */
	copy = strndup(text.data, text.len);
	text.data = copy;
	while (copy && text.len) {
		struct bytes line = bytes_cut(&text, '\n');

		line = bytes_trim(line, WORDS_OF_LIST);
		if (line.len && *line.data != '#')
			expand(postmap, list, line, turned, depth - 1);
	}
	free(copy);
}

static void expand(struct postmap *postmap, FILE *list, struct bytes value,
	bool turned, unsigned depth)
{
	struct bytes word;

	while (words_next(&value, WORDS_OF_LIST, &word)) {
		bool other = turned;

		while (bytes_take(&word, "!"))
			other = !other;
		if (word.len && *word.data == '/')
			expand_file(postmap, list, word, other, depth);
		else
			(void)fprintf(list, "%s%.*s ", other ? "!" : "",
				(int)word.len, word.data);
	}
}

static bool names_file(const char *value)
{
	struct bytes rest = bytes_of(value);
	struct bytes word;

	while (words_next(&rest, WORDS_OF_LIST, &word)) {
		while (bytes_take(&word, "!"))
			;
		if (word.len && *word.data == '/')
			return true;
	}
	return false;
}

const char *postmap_list(struct postmap *postmap, const char *value)
{
	struct postmap_list *kept = &postmap->list;
	const char *copy = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *list;

	if (!names_file(value))
		return value;
	if (kept->value == value)
		return kept->text;
	list = open_memstream(&text, &len);
	if (list)
		expand(postmap, list, bytes_of(value), false, NESTED_MAX);
	if (list && !ferror(list) && !fclose(list))
		copy = arena_copy(postmap->arena, text, len);
	free(text);
	*kept = (struct postmap_list){ value, copy };
	return copy;
}

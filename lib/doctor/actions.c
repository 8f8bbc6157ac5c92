#include "doctor/actions.h"

#include "postfix/words.h"

/* What stands in front of the action. */
enum kind {
	KIND_PATTERN, /* "/pattern/flags" */
	KIND_KEY,     /* a word */
	KIND_PAIR     /* "key = " */
};

/* Cuts "/pattern/flags" off the text of an entry. */
static void cut_pattern(struct bytes *text)
{
	char delimiter;

	while (bytes_take(text, "!"))
		;
	if (!text->len)
		return;
	delimiter = *text->data;
	if ((delimiter >= 'a' && delimiter <= 'z') ||
		(delimiter >= 'A' && delimiter <= 'Z'))
		return;
	do {
		size_t step = *text->data == '\\' && text->len > 1 ? 2 : 1;

		text->data += step;
		text->len -= step;
	} while (text->len && *text->data != delimiter);
}

/* Reads an entry. Returns false if there is no action in it. */
static bool read_entry(
	struct bytes text, enum kind kind, struct actions_entry *entry)
{
	const char *begin = text.data;
	struct bytes word;

	if (!text.len || *text.data == '#')
		return false;
	if (kind == KIND_PATTERN)
		cut_pattern(&text);
	/* The rest of the pattern: its last delimiter and flags, or a key. */
	if (kind == KIND_PAIR)
		(void)bytes_cut(&text, '=');
	else
		(void)words_next(&text, BYTES_FWS, &word);
	if (!words_next(&text, BYTES_FWS, &entry->action))
		return false;
	entry->operand = bytes_trim(text, BYTES_FWS);
	entry->text = (struct bytes){ begin,
		(size_t)(entry->action.data + entry->action.len - begin) };
	return true;
}

/* Removes the next entry of a file from *text: a line, and those behind it that
 * begin with a blank. */
static struct bytes next_entry(struct bytes *text)
{
	struct bytes entry = { text->data, 0 };

	do {
		struct bytes line = bytes_cut(text, '\n');

		entry.len = (size_t)(line.data + line.len - entry.data);
	} while (text->len && (*text->data == ' ' || *text->data == '\t'));
	return entry;
}

/* Sets where in the file the action stands. */
static void place(struct actions_entry *entry, const char *file)
{
	const char *begin = file;

	entry->line = 1;
	for (const char *at = file; at < entry->action.data; at++)
		if (*at == '\n') {
			entry->line++;
			begin = at + 1;
		}
	entry->column = (size_t)(entry->action.data - begin);
}

static int look_at_file(struct bytes text, enum kind kind,
	int (*look)(void *context, const struct actions_entry *entry),
	void *context)
{
	const char *file = text.data;
	int result = 0;

	while (!result && text.len) {
		struct actions_entry entry;

		if (!read_entry(next_entry(&text), kind, &entry))
			continue;
		place(&entry, file);
		result = look(context, &entry);
	}
	return result;
}

/* "{{/a/ PASS}, {...}}", "{ k=v, { k=v w } }", with rest behind its brace. */
static int look_at_words(struct bytes rest, enum kind kind,
	int (*look)(void *context, const struct actions_entry *entry),
	void *context)
{
	struct bytes word;
	int result = 0;

	while (!result && words_next(&rest, WORDS_OF_LIST, &word)) {
		struct actions_entry entry = { .line = 0 };

		(void)words_open(&word);
		if (read_entry(word, kind, &entry))
			result = look(context, &entry);
	}
	return result;
}

/* "static:OK", "static:{FILTER x:y}" */
static int look_at_value(struct bytes value,
	int (*look)(void *context, const struct actions_entry *entry),
	void *context)
{
	struct actions_entry entry = { .text = value };

	(void)words_open(&value);
	if (!words_next(&value, BYTES_FWS, &entry.action))
		return 0;
	entry.operand = bytes_trim(value, BYTES_FWS);
	return look(context, &entry);
}

/* True if the table is read from the text that postmap(1) made it of. */
static bool has_keys(struct bytes table)
{
	static const char *const types[] = {
		"hash:", "btree:", "lmdb:", "cdb:", "dbm:", "texthash:", "cidr:"
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (bytes_take(&table, types[i]))
			return true;
	return false;
}

int actions_each(struct diagnosis *diagnosis, struct bytes table,
	int (*look)(void *context, const struct actions_entry *entry),
	void *context)
{
	struct postmap *postmap = diagnosis->postmap;
	struct bytes rest;
	struct bytes text;
	enum kind kind = KIND_KEY;
	const char *path;
	char *copy;

	while (bytes_take(&table, "proxy:"))
		;
	rest = table;
	if (bytes_take(&rest, "static:"))
		return look_at_value(rest, look, context);
	if (bytes_take(&rest, "inline:"))
		kind = KIND_PAIR;
	else if (bytes_take(&rest, "regexp:") || bytes_take(&rest, "pcre:"))
		kind = KIND_PATTERN;
	else if (has_keys(rest))
		(void)bytes_cut(&rest, ':');
	else
		return ERR_IO;
	if (words_open(&rest))
		return look_at_words(rest, kind, look, context);
	path = arena_copy(diagnosis->arena, rest.data, rest.len);
	if (!path)
		return ERR_NOMEM;
	if (*path != '/' || !postmap->read ||
		postmap->read(postmap->context, path, &text) < 0)
		return ERR_IO;
	copy = arena_copy(diagnosis->arena, text.data, text.len);
	if (!copy)
		return ERR_NOMEM;
	return look_at_file(
		(struct bytes){ copy, text.len }, kind, look, context);
}

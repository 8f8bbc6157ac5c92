#include "setup/reference.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

#define LETTERS                                                                \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"

static char *join(struct arena *arena, struct bytes a, const char *b,
	struct bytes c, const char *d)
{
	size_t len = a.len + strlen(b) + c.len + strlen(d);
	char *text = arena_bytes(arena, len + 1);

	if (text)
		(void)snprintf(text, len + 1, "%.*s%s%.*s%s", (int)a.len,
			a.data, b, (int)c.len, c.data, d);
	return text;
}

bool reference_next(const char **rest, struct bytes *name)
{
	while ((*rest = strchr(*rest, '$'))) {
		const char *at = *rest + 1;

		at += *at == '{' || *at == '(';
		*rest = at;
		if (strncmp(at, REFERENCE_PREFIX, strlen(REFERENCE_PREFIX)) !=
			0)
			continue;
		*name = (struct bytes){ at, strspn(at, LETTERS) };
		*rest += name->len;
		return true;
	}
	return false;
}

bool reference_is_in(const char *value, const char *name)
{
	struct bytes found;

	while (reference_next(&value, &found))
		if (bytes_equal(found, bytes_of(name)))
			return true;
	return false;
}

/* Returns what separates the words of the list. */
static const char *separator_of(const char *list)
{
	size_t depth = 0;

	for (; *list; list++) {
		depth += *list == '{';
		depth -= depth && *list == '}';
		if (*list == ',' && !depth)
			return ", ";
	}
	return " ";
}

const char *reference_add(struct arena *arena, const char *value, size_t at,
	const char *name, bool set, const char *normal)
{
	bool told = set && (!*value || !strcmp(value, normal));
	const char *separator = separator_of(value);
	char word[128];
	char with[136];

	(void)snprintf(word, sizeof word, told ? "${%s}" : "$%s", name);
	if (!*value)
		return arena_copy(arena, word, strlen(word));
	if (at >= strlen(value))
		return join(
			arena, bytes_of(value), separator, bytes_of(word), "");
	(void)snprintf(with, sizeof with, "%s%s", word, separator);
	return join(arena, (struct bytes){ value, at }, with,
		bytes_of(value + at), "");
}

bool reference_pairs(const char *text)
{
	size_t depth = 0;

	for (; *text; text++) {
		if (*text == '}' && !depth--)
			return false;
		depth += *text == '{';
	}
	return !depth;
}

const char *reference_replace(
	struct arena *arena, const char *old, const char *name, bool set)
{
	char front[300];

	if (!set)
		(void)snprintf(front, sizeof front, "$%s", name);
	else
		(void)snprintf(front, sizeof front, "${%s?{$%s}:{", name, name);
	if (!set)
		return arena_copy(arena, front, strlen(front));
	if (!reference_pairs(old))
		return NULL;
	return join(arena, bytes_of(front), old, bytes_of("}}"), "");
}

/* Takes what reference_replace() made of a value apart. */
static bool take_replaced(const char *value, struct bytes *old)
{
	struct bytes rest = bytes_of(value);
	struct bytes name = rest;
	char front[300];

	if (!bytes_take(&name, "${" REFERENCE_PREFIX))
		return false;
	name.len = strspn(name.data, LETTERS);
	(void)snprintf(front, sizeof front,
		"${" REFERENCE_PREFIX "%.*s?{$" REFERENCE_PREFIX "%.*s}:{",
		(int)name.len, name.data, (int)name.len, name.data);
	if (name.len > 100 || !bytes_take(&rest, front) || rest.len < 2 ||
		memcmp(rest.data + rest.len - 2, "}}", 2) != 0)
		return false;
	*old = (struct bytes){ rest.data, rest.len - 2 };
	return true;
}

/* Takes one reference out of *value, a copy that is changed in place. Returns
 * false if it does not stand there as a word. */
static bool take_word(char *value, bool *told)
{
	const char *at = value;
	struct bytes name;
	char *begin;
	char *end;

	if (!reference_next(&at, &name))
		return false;
	begin = value + (name.data - value) - 1;
	end = value + (at - value);
	*told = *begin == '{';
	if (*begin == '{') {
		begin--;
		if (*end++ != '}')
			return false;
	}
	if ((begin > value && !strchr(", \t", begin[-1])) ||
		(*end && !strchr(", \t", *end)))
		return false;
	if (*end) {
		end += !strncmp(end, ", ", 2) ? 2 : 1;
	} else if (begin > value) {
		begin--;
		if (begin > value && *begin == ' ' && begin[-1] == ',')
			begin--;
	}
	memmove(begin, end, strlen(end) + 1);
	return true;
}

int reference_strip(struct arena *arena, const char *value, const char *normal,
	const char **rest)
{
	struct bytes old;
	struct bytes name;
	const char *left;
	char *copy;
	bool told = false;

	if (take_replaced(value, &old)) {
		*rest = arena_copy(arena, old.data, old.len);
		return *rest ? 1 : ERR_NOMEM;
	}
	copy = arena_copy(arena, value, strlen(value));
	if (!copy)
		return ERR_NOMEM;
	for (left = copy; reference_next(&left, &name); left = copy) {
		bool this_told;

		if (!take_word(copy, &this_told))
			return ERR_NOTFOUND;
		told = told || this_told;
	}
	*rest = copy;
	if (told)
		return 1;
	if (!*copy || !strcmp(copy, normal)) {
		*rest = "";
		return 0;
	}
	return 1;
}

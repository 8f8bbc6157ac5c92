#include "setup/masterline.h"

#include <stdio.h>

/* Cuts the next word, which braces hold together, off *rest. */
static struct bytes next(const char **rest)
{
	struct bytes word;
	size_t depth = 0;

	*rest += strspn(*rest, " \t");
	word = (struct bytes){ *rest, 0 };
	for (; **rest && (depth || !strchr(" \t", **rest)); (*rest)++) {
		depth += **rest == '{';
		depth -= depth && **rest == '}';
		word.len++;
	}
	return word;
}

/* True if the argument, "name=value" or "{ name = value }", sets the option. */
static bool sets(struct bytes argument, const char *name)
{
	struct bytes text = bytes_trim(argument, "{} \t");
	struct bytes found = bytes_cut(&text, '=');

	return bytes_equal(bytes_trim(found, " \t"), bytes_of(name));
}

/* Finds the argument that sets the option: of several, the last one counts.
 * Returns false if none does. */
static bool find(const char *line, const char *name, struct bytes *found)
{
	const char *rest = line;
	struct bytes word;
	bool is_option = false;

	found->data = NULL;
	while ((word = next(&rest)).len) {
		if (is_option && sets(word, name))
			*found = word;
		is_option = bytes_equal(word, bytes_of("-o"));
	}
	return found->data;
}

const char *masterline_set(struct arena *arena, const char *line,
	const char *name, const char *value)
{
	size_t size = strlen(line) + strlen(name) + strlen(value) + 16;
	char *text = arena_bytes(arena, size);
	bool blanks = strpbrk(value, " \t");
	struct bytes found;

	if (!text)
		return NULL;
	if (find(line, name, &found))
		(void)snprintf(text, size, "%.*s%s%s=%s%s%s",
			(int)(found.data - line), line, blanks ? "{" : "", name,
			value, blanks ? "}" : "", found.data + found.len);
	else
		(void)snprintf(text, size, "%s -o %s%s=%s%s", line,
			blanks ? "{" : "", name, value, blanks ? "}" : "");
	return text;
}

const char *masterline_unset(
	struct arena *arena, const char *line, const char *name)
{
	struct bytes found;
	size_t front;
	const char *behind;
	char *text;

	if (!find(line, name, &found))
		return line;
	/* The blanks and "-o" in front of it go as well. */
	front = (size_t)(found.data - line);
	while (front && strchr(" \t", line[front - 1]))
		front--;
	front -= strlen("-o");
	while (front && strchr(" \t", line[front - 1]))
		front--;
	behind = found.data + found.len;
	text = arena_bytes(arena, front + strlen(behind) + 1);
	if (text)
		(void)snprintf(text, front + strlen(behind) + 1, "%.*s%s",
			(int)front, line, behind);
	return text;
}

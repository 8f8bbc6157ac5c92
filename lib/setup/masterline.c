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

const char *masterline_set(struct arena *arena, const char *line,
	const char *name, const char *value)
{
	size_t size = strlen(line) + strlen(name) + strlen(value) + 16;
	char *text = arena_bytes(arena, size);
	const char *rest = line;
	struct bytes word;
	struct bytes found = { NULL, 0 };
	bool is_option = false;

	if (!text)
		return NULL;
	while ((word = next(&rest)).len && !found.data) {
		if (is_option && sets(word, name))
			found = word;
		is_option = bytes_equal(word, bytes_of("-o"));
	}
	if (found.data)
		(void)snprintf(text, size, "%.*s{%s=%s}%s",
			(int)(found.data - line), line, name, value,
			found.data + found.len);
	else
		(void)snprintf(text, size, "%s -o {%s=%s}", line, name, value);
	return text;
}

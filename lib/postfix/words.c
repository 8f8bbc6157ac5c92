#include "postfix/words.h"

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

bool words_next(struct bytes *rest, const char *separators, struct bytes *word)
{
	size_t depth = 0;

	while (rest->len && is_one_of(*rest->data, separators)) {
		rest->data++;
		rest->len--;
	}
	*word = (struct bytes){ rest->data, 0 };
	while (rest->len && (depth || !is_one_of(*rest->data, separators))) {
		depth += *rest->data == '{';
		depth -= depth && *rest->data == '}';
		rest->data++;
		rest->len--;
		word->len++;
	}
	return word->len > 0;
}

bool words_have(struct bytes list, struct bytes word)
{
	struct bytes next;

	while (words_next(&list, WORDS_OF_LIST, &next))
		if (bytes_equal_nocase(next, word))
			return true;
	return false;
}

bool words_open(struct bytes *word)
{
	struct bytes inner = *word;

	if (!bytes_take(&inner, "{"))
		return false;
	if (inner.len && inner.data[inner.len - 1] == '}')
		inner.len--;
	*word = bytes_trim(inner, WORDS_OF_LIST);
	return true;
}

#include "postfix/milterlist.h"

#define SEPARATORS ", \t\r\n"

static bool is_separator(char c)
{
	return c && strchr(SEPARATORS, c);
}

static void skip_separators(struct bytes *text)
{
	while (text->len && is_separator(*text->data)) {
		text->data++;
		text->len--;
	}
}

static struct bytes take_word(struct bytes *text)
{
	struct bytes word = { text->data, 0 };

	while (word.len < text->len && !is_separator(word.data[word.len]))
		word.len++;
	text->data += word.len;
	text->len -= word.len;
	return word;
}

/* What stands between "{", which is the first byte, and its "}". Braces nest.
 */
static struct bytes take_braces(struct bytes *text)
{
	struct bytes inner = { text->data + 1, 0 };
	size_t depth = 0;
	size_t at = 0;

	do {
		depth += text->data[at] == '{';
		depth -= text->data[at] == '}';
		at++;
	} while (at < text->len && depth);
	inner.len = depth ? at - 1 : at - 2;
	text->data += at;
	text->len -= at;
	return inner;
}

bool milterlist_next(struct bytes *rest, struct milterlist_item *item)
{
	skip_separators(rest);
	if (!rest->len)
		return false;
	if (*rest->data == '{') {
		item->options = take_braces(rest);
		skip_separators(&item->options);
		item->endpoint = take_word(&item->options);
	} else {
		item->endpoint = take_word(rest);
		item->options = (struct bytes){ rest->data, 0 };
	}
	return true;
}

struct bytes milterlist_option(const struct milterlist_item *item,
	const char *name, const char *otherwise)
{
	struct bytes rest = item->options;

	for (;;) {
		struct bytes word;
		struct bytes value;

		skip_separators(&rest);
		if (!rest.len)
			return bytes_of(otherwise);
		word = *rest.data == '{' ? take_braces(&rest)
					 : take_word(&rest);
		value = bytes_trim(word, SEPARATORS);
		word = bytes_trim(bytes_cut(&value, '='), SEPARATORS);
		if (bytes_equal(word, bytes_of(name)))
			return bytes_trim(value, SEPARATORS);
	}
}

bool milterlist_take_path(struct bytes *endpoint, const char *queue_directory)
{
	struct bytes queue = bytes_of(queue_directory);

	if (!bytes_take(endpoint, "unix:") && !bytes_take(endpoint, "local:"))
		return false;
	if (queue.len && endpoint->len > queue.len &&
		!memcmp(endpoint->data, queue.data, queue.len) &&
		endpoint->data[queue.len] == '/') {
		endpoint->data += queue.len + 1;
		endpoint->len -= queue.len + 1;
	}
	return true;
}

/* "inet:localhost:8891" is "inet:127.0.0.1:8891". */
static struct bytes take_inet(struct bytes endpoint)
{
	static const char *const local[] = {
		"inet:localhost:", "inet:127.0.0.1:", "inet:[::1]:"
	};

	for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
		size_t len = strlen(local[i]);

		if (endpoint.len > len &&
			!strncasecmp(endpoint.data, local[i], len))
			return (struct bytes){ endpoint.data + len,
				endpoint.len - len };
	}
	return endpoint;
}

bool milterlist_is_same(
	struct bytes a, struct bytes b, const char *queue_directory)
{
	bool a_path = milterlist_take_path(&a, queue_directory);
	bool b_path = milterlist_take_path(&b, queue_directory);

	return a_path == b_path &&
	       (a_path ? bytes_equal(a, b)
		       : bytes_equal_nocase(take_inet(a), take_inet(b)));
}

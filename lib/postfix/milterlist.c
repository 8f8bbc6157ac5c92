#include "postfix/milterlist.h"

#include "postfix/words.h"

bool milterlist_next(struct bytes *rest, struct milterlist_item *item)
{
	struct bytes word;

	if (!words_next(rest, WORDS_OF_LIST, &word))
		return false;
	item->endpoint = word;
	item->options = (struct bytes){ rest->data, 0 };
	if (words_open(&word)) {
		item->options = word;
		(void)words_next(
			&item->options, WORDS_OF_LIST, &item->endpoint);
	}
	return true;
}

struct bytes milterlist_option(const struct milterlist_item *item,
	const char *name, const char *otherwise)
{
	struct bytes rest = item->options;
	struct bytes word;

	while (words_next(&rest, WORDS_OF_LIST, &word)) {
		struct bytes value;

		(void)words_open(&word);
		value = word;
		word = bytes_trim(bytes_cut(&value, '='), WORDS_OF_LIST);
		if (bytes_equal(word, bytes_of(name)))
			return bytes_trim(value, WORDS_OF_LIST);
	}
	return bytes_of(otherwise);
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

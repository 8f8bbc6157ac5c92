#include "diagnosis/ahead.h"

#include "diagnosis/ruledomains.h"
#include "map/nameset.h"
#include "postfix/words.h"

/* What lists are asked for. */
enum keys {
	KEYS_DOMAINS,	 /* domains and what is above them */
	KEYS_TRANSPORTS, /* the same, addresses, and "*" */
	KEYS_ALIASES,	 /* "@domain" */
	KEYS
};

struct ahead {
	struct diagnosis *diagnosis;
	struct nameset *names[KEYS];
};

static int add(struct ahead *ahead, enum keys keys, const char *front,
	struct bytes name)
{
	const char *text = diagnosis_text(
		ahead->diagnosis, "%s%.*s", front, (int)name.len, name.data);

	return text ? nameset_add(ahead->names[keys], bytes_of(text))
		    : ERR_NOMEM;
}

/* Adds what a domain is looked up by: itself, and each domain above it with and
 * without a dot in front. */
static int add_domain(struct ahead *ahead, struct bytes domain)
{
	int result = add(ahead, KEYS_TRANSPORTS, "any@", domain);

	if (!result)
		result = add(ahead, KEYS_ALIASES, "@", domain);
	while (!result && domain.len) {
		struct bytes above = domain;

		for (int i = 0; !result && i < KEYS_ALIASES; i++) {
			result = add(ahead, (enum keys)i, "", domain);
			if (!result)
				result = add(ahead, (enum keys)i, ".", domain);
		}
		(void)bytes_cut(&above, '.');
		domain = above;
	}
	return result;
}

/* Of sub-domains, one stands for all. */
static int look(void *context, struct bytes domain)
{
	struct ahead *ahead = context;
	const char *example;
	int result;

	if (!bytes_take(&domain, "*."))
		return add_domain(ahead, domain);
	example = diagnosis_text(
		ahead->diagnosis, "any.%.*s", (int)domain.len, domain.data);
	result = example ? add_domain(ahead, bytes_of(example)) : ERR_NOMEM;
	return result ? result : add(ahead, KEYS_TRANSPORTS, "any@", domain);
}

/* Asks one table, unless it is ours or may not be asked. */
static int ask_table(struct diagnosis *diagnosis, struct bytes table,
	const struct bytes *keys, size_t count, struct bytes text)
{
	struct postmap *postmap = diagnosis->postmap;
	struct bytes answers;
	bool left_out = postmap->left_out;
	int result = postmap_find_all(postmap, table, text, &answers);

	postmap->left_out = left_out;
	if (result)
		return result == ERR_NOMEM ? result : 0;
	return askahead_put(postmap->ahead, table, keys, count, answers);
}

static int ask_list(struct diagnosis *diagnosis, const char *parameter,
	const struct bytes *keys, size_t count, struct bytes text)
{
	const char *list = postmap_list(diagnosis->postmap,
		postfix_value(diagnosis->postfix, NULL, parameter));
	struct bytes rest = bytes_of(list);
	struct bytes word;
	int result = list ? 0 : ERR_NOMEM;

	while (!result && words_next(&rest, WORDS_OF_LIST, &word)) {
		while (bytes_take(&word, "!"))
			;
		if (word.len && *word.data != '/' &&
			memchr(word.data, ':', word.len))
			result = ask_table(diagnosis, word, keys, count, text);
	}
	return result;
}

/* Returns the keys with a newline behind each. */
static struct bytes join(
	struct diagnosis *diagnosis, const struct bytes *keys, size_t count)
{
	size_t len = 0;
	size_t used = 0;
	char *text;

	for (size_t i = 0; i < count; i++)
		len += keys[i].len + 1;
	text = arena_bytes(diagnosis->arena, len + 1);
	for (size_t i = 0; text && i < count; i++) {
		memcpy(text + used, keys[i].data, keys[i].len);
		used += keys[i].len;
		text[used++] = '\n';
	}
	return (struct bytes){ text, used };
}

static int ask_all(struct ahead *ahead)
{
	static const struct {
		const char *parameter;
		enum keys keys;
	} lists[] = {
		{ "mydestination", KEYS_DOMAINS },
		{ "virtual_mailbox_domains", KEYS_DOMAINS },
		{ "virtual_alias_domains", KEYS_DOMAINS },
		{ "relay_domains", KEYS_DOMAINS },
		{ "transport_maps", KEYS_TRANSPORTS },
		{ "virtual_alias_maps", KEYS_ALIASES },
	};
	int result = 0;

	for (int k = 0; !result && k < KEYS; k++) {
		size_t count = 0;
		const struct bytes *keys =
			nameset_sorted(ahead->names[k], &count);
		struct bytes text = join(ahead->diagnosis, keys, count);

		if (!text.data || (count && !keys))
			return ERR_NOMEM;
		for (size_t i = 0;
			!result && count && i < sizeof lists / sizeof *lists;
			i++)
			if (lists[i].keys == (enum keys)k)
				result = ask_list(ahead->diagnosis,
					lists[i].parameter, keys, count, text);
	}
	return result;
}

int ahead_ask(struct diagnosis *diagnosis)
{
	struct ahead ahead = { .diagnosis = diagnosis };
	int result = 0;

	for (int k = 0; !result && k < KEYS; k++) {
		ahead.names[k] = nameset_open();
		if (!ahead.names[k])
			result = ERR_NOMEM;
	}
	if (!result)
		result = ruledomains_each(
			diagnosis, RULEDOMAINS_SOURCES, look, &ahead);
	if (!result)
		result = ruledomains_each(
			diagnosis, RULEDOMAINS_TARGETS, look, &ahead);
	if (!result)
		result = add(&ahead, KEYS_TRANSPORTS, "", bytes_of("*"));
	if (!result && diagnosis->map)
		result = ask_all(&ahead);
	for (int k = 0; k < KEYS; k++)
		nameset_close(ahead.names[k]);
	return result;
}

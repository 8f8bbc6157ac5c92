#include "lookup.h"

/* Where the extension begins: at the first delimiter that is not in front;
 * local_len where there is none. */
static size_t extension_off(const struct mailbox *mailbox, char delimiter)
{
	for (size_t i = 1; delimiter && i < mailbox->local_len; i++)
		if (mailbox->local[i] == delimiter)
			return i;
	return mailbox->local_len;
}

static int get(struct map_reader *reader, enum rule_table table,
	const char *key, size_t key_len, struct lookup *lookup)
{
	struct bytes value;
	int result =
		map_get(reader, table, (struct bytes){ key, key_len }, &value);

	if (result <= 0)
		return result;
	lookup->kind = rule_value_kind(value);
	if (lookup->kind == RULE_KINDS)
		return ERR_IO;
	memcpy(lookup->key, key, key_len);
	lookup->key_len = key_len;
	lookup->targets = rule_value_targets(value);
	return 1;
}

/* Steps 1 and 2: the whole address, whose key this is, then without its
 * extension. */
static int find_user(struct map_reader *reader, enum rule_table table,
	const struct mailbox *mailbox, char delimiter, const char *key,
	size_t key_len, struct lookup *lookup)
{
	size_t off = extension_off(mailbox, delimiter);
	struct mailbox base;
	char base_key[ADDRESS_KEY_MAX];
	int result = get(reader, table, key, key_len, lookup);

	if (result || off == mailbox->local_len)
		return result;
	base = *mailbox;
	base.local_len = off;
	base.local[off] = '\0';
	result = address_key(&base, base_key);
	if (result < 0)
		return result == ERR_BAD ? 0 : result;
	result = get(reader, table, base_key, (size_t)result, lookup);
	if (result == 1 && lookup->kind == RULE_USER)
		lookup->extension =
			(struct span){ off, mailbox->local_len - off };
	return result;
}

/* Steps 3 and 4. domain: as in a key. */
static int find_domain(struct map_reader *reader, enum rule_table table,
	struct bytes domain, struct lookup *lookup)
{
	char key[ADDRESS_KEY_MAX + 3];
	int result;

	key[0] = '@';
	memcpy(key + 1, domain.data, domain.len);
	result = get(reader, table, key, domain.len + 1, lookup);
	for (size_t i = 0; !result && i < domain.len; i++) {
		struct bytes parent = { domain.data + i + 1,
			domain.len - i - 1 };

		if (domain.data[i] != '.' || !parent.len)
			continue;
		memcpy(key, "@*.", 3);
		memcpy(key + 3, parent.data, parent.len);
		if (parent.len + 3 <= ADDRESS_KEY_MAX)
			result =
				get(reader, table, key, parent.len + 3, lookup);
	}
	return result;
}

int lookup_find(struct map_reader *reader, enum rule_table table,
	const struct mailbox *mailbox, char delimiter, struct lookup *lookup)
{
	char key[ADDRESS_KEY_MAX];
	size_t at;
	int result = address_key(mailbox, key);

	memset(lookup, 0, sizeof *lookup);
	if (result < 0)
		return result == ERR_BAD ? 0 : result;
	at = (size_t)result;
	while (key[at - 1] != '@')
		at--;
	if (mailbox->local_len) {
		size_t key_len = (size_t)result;

		result = find_user(reader, table, mailbox, delimiter, key,
			key_len, lookup);
		if (result)
			return result;
		result = (int)key_len;
	}
	return find_domain(reader, table,
		(struct bytes){ key + at, (size_t)result - at }, lookup);
}

/* Puts the extension behind the local part of the target. */
static void carry_extension(const struct lookup *lookup,
	const struct mailbox *mailbox, struct lookup_target *target)
{
	struct mailbox *new = &target->mailbox;

	if (lookup->extension.len >= sizeof new->local - new->local_len) {
		target->too_long = true;
		return;
	}
	memcpy(new->local + new->local_len,
		mailbox->local + lookup->extension.off, lookup->extension.len);
	new->local_len += lookup->extension.len;
	new->local[new->local_len] = '\0';
}

int lookup_next(const struct lookup *lookup, const struct mailbox *mailbox,
	struct bytes *targets, struct lookup_target *target)
{
	struct bytes text;

	if (!rule_next_target(targets, &text))
		return 0;
	target->too_long = false;
	target->keeps_local = text.len && text.data[0] == '@';
	if (!target->keeps_local) {
		if (address_parse(text.data, text.len, &target->mailbox, NULL) <
			0)
			return ERR_BAD;
		carry_extension(lookup, mailbox, target);
		return 1;
	}
	if (text.len < 2 || text.len > sizeof target->mailbox.domain)
		return ERR_BAD;
	target->mailbox = *mailbox;
	target->mailbox.domain_len = text.len - 1;
	memcpy(target->mailbox.domain, text.data + 1, text.len - 1);
	target->mailbox.domain[text.len - 1] = '\0';
	return 1;
}

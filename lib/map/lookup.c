#include "map/lookup.h"

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

/* Makes the key of a local part and a domain, which is already as in a key.
 * Returns the length; ERR_BAD when it is too long; ERR_NOMEM. */
static int make_key(
	struct bytes local, struct bytes domain, char key[ADDRESS_KEY_MAX])
{
	int len = address_local_key(local.data, local.len, key);

	if (len < 0)
		return len;
	if ((size_t)len + 1 + domain.len > ADDRESS_KEY_MAX)
		return ERR_BAD;
	key[len] = '@';
	memcpy(key + len + 1, domain.data, domain.len);
	return len + 1 + (int)domain.len;
}

/* Finds the rule for a part of the local part, with that domain. */
static int find_name(struct map_reader *reader, enum rule_table table,
	struct bytes name, struct bytes domain, struct lookup *lookup)
{
	char key[ADDRESS_KEY_MAX];
	int len = make_key(name, domain, key);

	if (len < 0)
		return len == ERR_BAD ? 0 : len;
	return get(reader, table, key, (size_t)len, lookup);
}

/* Finds the rule for the whole address, whose key is already made; then without
 * its tag; then without its tag and its extension. */
static int find_user(struct map_reader *reader, enum rule_table table,
	const struct mailbox *mailbox, const struct localpart_syntax *syntax,
	struct bytes domain, struct lookup *lookup)
{
	struct bytes name = { mailbox->local, mailbox->local_len };
	size_t tag_len = localpart_tag_len(syntax, name.data, name.len);
	size_t off;
	int result = 0;

	if (lookup->address_len)
		result = get(reader, table, lookup->address,
			lookup->address_len, lookup);
	name.data += tag_len;
	name.len -= tag_len;
	if (!result && tag_len)
		result = find_name(reader, table, name, domain, lookup);
	else
		tag_len = result ? 0 : tag_len;
	off = localpart_extension(syntax, name.data, name.len);
	if (!result && off < name.len) {
		result = find_name(reader, table,
			(struct bytes){ name.data, off }, domain, lookup);
		if (result == 1 && lookup->kind == RULE_USER)
			lookup->extension = (struct span){
				(size_t)(name.data - mailbox->local) + off,
				name.len - off
			};
	}
	if (result == 1 && lookup->kind == RULE_USER)
		lookup->tag_len = tag_len;
	return result;
}

/* True if the table may have a rule for @*.parent: one of a kind that such a
 * rule has. The values of RULE_ROUTES have no kind. */
static bool may_have_parents(
	const struct map_reader *reader, enum rule_table table)
{
	const struct map_meta *meta = map_meta(map_reader_map(reader));
	const uint64_t *rows = meta->rows[table];

	return table == RULE_ROUTES || rows[RULE_SUBDOMAIN] ||
	       rows[RULE_CATCHALL] || rows[RULE_EXCEPTION];
}

/* Finds the rule for @domain, and then for each @*.parent. domain is as in a
 * key. */
static int find_domain(struct map_reader *reader, enum rule_table table,
	struct bytes domain, struct lookup *lookup)
{
	char key[ADDRESS_KEY_MAX + 3];
	int result;

	key[0] = '@';
	memcpy(key + 1, domain.data, domain.len);
	result = get(reader, table, key, domain.len + 1, lookup);
	if (result || !may_have_parents(reader, table))
		return result;
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

static void clear(struct lookup *lookup)
{
	lookup->key_len = 0;
	lookup->targets.len = 0;
	lookup->tag_len = 0;
	lookup->extension = (struct span){ 0, 0 };
	lookup->address_len = 0;
}

int lookup_find_domain(struct map_reader *reader, enum rule_table table,
	struct bytes domain, struct lookup *lookup)
{
	clear(lookup);
	/* A longer domain is no key of any table. */
	if (!domain.len || domain.len > ADDRESS_KEY_MAX - 1)
		return 0;
	return find_domain(reader, table, domain, lookup);
}

int lookup_find(struct map_reader *reader, enum rule_table table,
	const struct mailbox *mailbox, const struct localpart_syntax *syntax,
	struct lookup *lookup)
{
	char domain_key[ADDRESS_KEY_MAX];
	struct bytes domain = { domain_key, 0 };
	int result = 0;
	int len = address_domain_key(
		mailbox->domain, mailbox->domain_len, domain_key);

	clear(lookup);
	if (len < 0)
		return len == ERR_BAD ? 0 : len;
	domain.len = (size_t)len;
	len = make_key((struct bytes){ mailbox->local, mailbox->local_len },
		domain, lookup->address);
	if (len < 0 && len != ERR_BAD)
		return len;
	/* An address that is too long for a key may have an extension. */
	lookup->address_len = len < 0 ? 0 : (size_t)len;
	if (mailbox->local_len)
		result = find_user(
			reader, table, mailbox, syntax, domain, lookup);
	return result ? result : find_domain(reader, table, domain, lookup);
}

/* Adds the tag before the local part of the target, and the extension after
 * it. */
static void carry(const struct lookup *lookup, const struct mailbox *mailbox,
	struct lookup_target *target)
{
	struct mailbox *new = &target->mailbox;
	size_t tag_len = lookup->tag_len;

	if (tag_len + lookup->extension.len >=
		sizeof new->local - new->local_len) {
		target->too_long = true;
		return;
	}
	memmove(new->local + tag_len, new->local, new->local_len);
	memcpy(new->local, mailbox->local, tag_len);
	new->local_len += tag_len;
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
		carry(lookup, mailbox, target);
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

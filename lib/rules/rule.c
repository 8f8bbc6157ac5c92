#include "rules/rule.h"

#include <assert.h>

static const char *const table_names[RULE_TABLES] = { "inbound", "outbound",
	"routes" };
static const char *const kind_names[RULE_KINDS] = { "user", "domain",
	"sub-domain", "catch-all", "exception" };
static const char kind_chars[RULE_KINDS] = { 'u', 'd', 's', 'c', 'x' };

const char *rule_table_name(enum rule_table table)
{
	assert(table < RULE_TABLES);
	return table_names[table];
}

const char *rule_kind_name(enum rule_kind kind)
{
	assert(kind < RULE_KINDS);
	return kind_names[kind];
}

int rule_table_find(const char *name)
{
	for (int i = 0; i < RULE_TABLES; i++)
		if (!strcmp(name, table_names[i]))
			return i;
	return -1;
}

char rule_kind_octet(enum rule_kind kind)
{
	assert(kind < RULE_KINDS);
	return kind_chars[kind];
}

enum rule_kind rule_value_kind(struct bytes value)
{
	for (int i = 0; value.len > 1 && i < RULE_KINDS; i++)
		if (value.data[0] == kind_chars[i])
			return (enum rule_kind)i;
	return RULE_KINDS;
}

struct bytes rule_value_targets(struct bytes value)
{
	if (!value.len)
		return value;
	return (struct bytes){ value.data + 1, value.len - 1 };
}

size_t rule_domain_off(struct bytes target)
{
	size_t off = target.len;

	while (off && target.data[off - 1] != '@')
		off--;
	return off;
}

bool rule_same_target(struct bytes a, struct bytes b)
{
	size_t off = rule_domain_off(a);

	return a.len == b.len && off == rule_domain_off(b) &&
	       bytes_equal((struct bytes){ a.data, off },
		       (struct bytes){ b.data, off }) &&
	       (off ? bytes_equal_nocase(
			      (struct bytes){ a.data + off, a.len - off },
			      (struct bytes){ b.data + off, b.len - off })
		    : bytes_equal(a, b));
}

bool rule_same_value(struct bytes a, struct bytes b)
{
	struct bytes one;
	struct bytes other;

	if (a.len != b.len || !a.len || a.data[0] != b.data[0])
		return false;
	if (bytes_equal(a, b))
		return true;
	a = rule_value_targets(a);
	b = rule_value_targets(b);
	while (rule_next_target(&a, &one)) {
		if (!rule_next_target(&b, &other) ||
			!rule_same_target(one, other))
			return false;
	}
	return !b.len;
}

bool rule_next_target(struct bytes *targets, struct bytes *target)
{
	bool quoted = false;
	size_t i = 0;

	if (!targets->len)
		return false;
	if (!memchr(targets->data, '"', targets->len)) {
		*target = bytes_cut(targets, ',');
		return true;
	}
	for (; i < targets->len; i++) {
		char c = targets->data[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == ',' && !quoted)
			break;
	}
	if (i > targets->len)
		i = targets->len;
	*target = (struct bytes){ targets->data, i };
	if (i < targets->len)
		i++;
	targets->data += i;
	targets->len -= i;
	return true;
}

size_t rule_source_text(struct bytes key, char text[ADDRESS_TEXT_MAX])
{
	struct mailbox mailbox;
	size_t used;

	if (!rule_key_is_domain(key) &&
		!address_parse_internal(key.data, key.len, &mailbox)) {
		used = address_format_local(&mailbox, text);
		text[used++] = '@';
		memcpy(text + used, mailbox.domain, mailbox.domain_len + 1);
		return used + mailbox.domain_len;
	}
	used = key.len < ADDRESS_TEXT_MAX ? key.len : ADDRESS_TEXT_MAX - 1;
	memcpy(text, key.data, used);
	text[used] = '\0';
	return used;
}

#include "rules/rule.h"

#include <assert.h>

#include "base/precis.h"
#include "rules/ruletarget.h"

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

/* The part of a target before its domain: up to the last "@". */
static size_t domain_off(struct bytes target)
{
	size_t off = target.len;

	while (off && target.data[off - 1] != '@')
		off--;
	return off;
}

bool rule_same_target(struct bytes a, struct bytes b)
{
	size_t off = domain_off(a);

	return a.len == b.len && off == domain_off(b) &&
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

/* "@domain" or "@*.domain": writes the key. */
static int domain_source_key(
	struct bytes source, char key[ADDRESS_KEY_MAX], struct error *error)
{
	char domain_key[ADDRESS_KEY_MAX];
	struct bytes domain = { source.data + 1, source.len - 1 };
	struct error reason;
	size_t used = 0;
	int len;

	key[used++] = '@';
	if (domain.len >= 2 && !memcmp(domain.data, "*.", 2)) {
		memcpy(key + used, "*.", 2);
		used += 2;
		domain.data += 2;
		domain.len -= 2;
	}
	if (!domain.len)
		return ruletarget_refuse(
			error, "source", source, "has no domain");
	if (used > 1 && domain.data[0] == '[')
		return ruletarget_refuse(error, "source", source,
			"is an address literal, which has no sub-domains");
	if (!address_utf8_valid(domain.data, domain.len))
		return ruletarget_refuse(
			error, "source", source, "is not UTF-8");
	len = address_check_source_domain(domain.data, domain.len, &reason);
	if (len == ERR_BAD)
		return ruletarget_refuse(error, "source", source, reason.text);
	if (len == 0)
		len = address_domain_key(domain.data, domain.len, domain_key);
	if (len < 0)
		return error_set(error, len, "out of memory");
	memcpy(key + used, domain_key, (size_t)len);
	return (int)used + len;
}

/* The length of a user's source as an export writes it, which a load must take:
 * A-labels and folded letters can be longer than what stands in the CSV, quotes
 * go and come. */
static size_t written_len(struct bytes source, const char *key, int key_len)
{
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < source.len; i++)
		if (source.data[i] == '"' ||
			(unsigned char)source.data[i] > 0x7f)
			return rule_source_text(
				(struct bytes){ key, (size_t)key_len }, text);
	return source.len;
}

int rule_source_key(enum rule_table table, struct bytes source,
	char key[ADDRESS_KEY_MAX], struct error *error)
{
	struct mailbox mailbox;
	struct error reason;
	int len;

	source = bytes_trim(source, BYTES_BLANKS);
	if (!source.len)
		return error_set(error, ERR_BAD, "the source is empty");
	if (ruletarget_is_domain(source))
		return domain_source_key(source, key, error);
	if (table == RULE_ROUTES)
		return ruletarget_refuse(error, "source", source,
			"is no domain: a route is written @domain;relay");
	if (source.data[0] == '<' || source.data[0] == '@')
		return ruletarget_refuse(error, "source", source,
			"must be a bare address, without <> and source route");
	len = address_parse(source.data, source.len, &mailbox, &reason);
	if (len == ERR_BAD && memchr(source.data, '.', source.len) &&
		!memchr(source.data, '@', source.len))
		len = error_set(&reason, ERR_BAD,
			"has no domain; all of a domain is written @%.*s",
			(int)source.len, source.data);
	if (!len)
		len = address_check_source_domain(
			mailbox.domain, mailbox.domain_len, &reason);
	if (!len && !mailbox.local_len)
		len = error_set(&reason, ERR_BAD, "has no local part");
	if (!len && mailbox.local_len == 1 && mailbox.local[0] == '*')
		len = error_set(&reason, ERR_BAD,
			"has \"*\" for a local part: all of a domain is "
			"written @%s",
			mailbox.domain);
	if (!len) {
		len = address_key(&mailbox, key);
		if (len == ERR_BAD || (len > 0 && written_len(source, key,
							  len) > ADDRESS_MAX))
			len = error_set(&reason, ERR_BAD,
				"is longer than %d octets", ADDRESS_MAX);
	}
	if (len == ERR_BAD)
		return ruletarget_refuse(error, "source", source, reason.text);
	if (len < 0)
		return error_set(error, len, "out of memory");
	return len;
}

int rule_make(struct arena *arena, enum rule_table table, struct bytes source,
	struct bytes target, bool allow_utf8, struct rule *rule,
	struct error *error)
{
	char key[ADDRESS_KEY_MAX];
	struct ruletarget made;
	char *octets;
	size_t key_len;
	int result;

	source = precis_trim(source);
	result = ruletarget_check_characters(error, "source", source);
	if (!result)
		result = rule_source_key(table, source, key, error);
	if (result < 0)
		return result;
	key_len = (size_t)result;
	result = ruletarget_read(&made, table, (struct bytes){ key, key_len },
		target, allow_utf8, error);
	if (result < 0)
		return result;
	octets = arena_octets(arena, key_len + 1 + made.len);
	if (!octets)
		return error_set(
			error, ERR_NOMEM, "out of memory for more rules");
	memcpy(octets, key, key_len);
	octets[key_len] = kind_chars[made.kind];
	memcpy(octets + key_len + 1, made.text, made.len);
	rule->key = (struct bytes){ octets, key_len };
	rule->value = (struct bytes){ octets + key_len, 1 + made.len };
	return 0;
}

/* Untrimmed: what stands at an end has its effect in the map. */
static int check_stored_characters(enum rule_table table, struct bytes source,
	struct bytes targets, struct error *error)
{
	struct bytes target;
	int result = ruletarget_check_characters(error, "source", source);

	while (!result && table != RULE_ROUTES &&
		rule_next_target(&targets, &target))
		result = ruletarget_check_characters(error, "target", target);
	return result;
}

int rule_refused(
	enum rule_table table, const struct rule *rule, struct error *error)
{
	char text[ADDRESS_TEXT_MAX];
	char key[ADDRESS_KEY_MAX];
	struct bytes source = { text, rule_source_text(rule->key, text) };
	struct bytes targets = rule_value_targets(rule->value);
	struct ruletarget made;
	int result = check_stored_characters(table, source, targets, error);

	if (!result)
		result = rule_source_key(table, source, key, error);
	if (result > 0)
		result = ruletarget_read(
			&made, table, rule->key, targets, true, error);
	return result == ERR_BAD ? 1 : result;
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

#include "rules/rulesource.h"

#include <stdio.h>

#include "base/precis.h"

#define SHOWN_BYTES 300 /* bytes of a field that a message shows */

int rulesource_refuse(struct error *error, const char *role, struct bytes text,
	const char *reason)
{
	char shown[PRECIS_SHOWN(SHOWN_BYTES)];
	bool cut = text.len > SHOWN_BYTES;

	if (cut)
		text.len = SHOWN_BYTES;
	while (cut && text.len &&
		((unsigned char)text.data[text.len] & 0xc0) == 0x80)
		text.len--;
	(void)precis_show(text, shown, sizeof shown);
	return error_set(error, ERR_BAD, "%s \"%.*s\"%s %s", role, SHOWN_BYTES,
		shown, cut || strlen(shown) > SHOWN_BYTES ? "..." : "", reason);
}

/* Finds a space outside quotes. Returns false if there is none. */
static bool find_space(struct bytes text, struct span *found)
{
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		if (quoted && text.data[i] == '\\')
			i++;
		else if (text.data[i] == '"')
			quoted = !quoted;
		else if (text.data[i] == ' ' && !quoted) {
			*found = (struct span){ i, 1 };
			return true;
		}
	}
	return false;
}

int rulesource_check_characters(
	struct error *error, const char *role, struct bytes text)
{
	struct span found;
	char name[PRECIS_NAME_MAX];
	char reason[PRECIS_NAME_MAX + 80];

	if (!address_utf8_valid(text.data, text.len))
		return rulesource_refuse(error, role, text, "is not UTF-8");
	/* "Bob <bob@a.com>" gets a message of its own. */
	if (!precis_find(text, &found) &&
		(memchr(text.data, '<', text.len) || !find_space(text, &found)))
		return 0;
	precis_name(text, found, name);
	(void)snprintf(reason, sizeof reason,
		"contains %s, which an address in a rule must not contain",
		name);
	return rulesource_refuse(error, role, text, reason);
}

bool rulesource_is_domain(struct bytes text)
{
	return text.len && text.data[0] == '@' &&
	       address_strip_path(text.data, text.len).data == text.data;
}

/* Writes the key of "@domain" or "@*.domain". */
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
		return rulesource_refuse(
			error, "source", source, "has no domain");
	if (used > 1 && domain.data[0] == '[')
		return rulesource_refuse(error, "source", source,
			"is an address literal, which has no sub-domains");
	if (!address_utf8_valid(domain.data, domain.len))
		return rulesource_refuse(
			error, "source", source, "is not UTF-8");
	len = address_check_source_domain(domain.data, domain.len, &reason);
	if (len == ERR_BAD)
		return rulesource_refuse(error, "source", source, reason.text);
	if (len == 0)
		len = address_domain_key(domain.data, domain.len, domain_key);
	if (len < 0)
		return error_set(error, len, "out of memory");
	memcpy(key + used, domain_key, (size_t)len);
	return (int)used + len;
}

/* Returns the length of the source of a user rule as export writes it; load
 * must accept that text again. A-labels and folded letters can be longer than
 * the text in the CSV, and quotes may be added or removed. */
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
	if (rulesource_is_domain(source))
		return domain_source_key(source, key, error);
	if (table == RULE_ROUTES)
		return rulesource_refuse(error, "source", source,
			"is not a domain: a route is written as @domain;relay");
	if (source.data[0] == '<' || source.data[0] == '@')
		return rulesource_refuse(error, "source", source,
			"must be an address alone, without <> and without a "
			"source route");
	len = address_parse(source.data, source.len, &mailbox, &reason);
	if (len == ERR_BAD && memchr(source.data, '.', source.len) &&
		!memchr(source.data, '@', source.len))
		len = error_set(&reason, ERR_BAD,
			"has no domain; a whole domain is written as @%.*s",
			(int)source.len, source.data);
	if (!len)
		len = address_check_source_domain(
			mailbox.domain, mailbox.domain_len, &reason);
	if (!len && !mailbox.local_len)
		len = error_set(&reason, ERR_BAD, "has no local part");
	if (!len && mailbox.local_len == 1 && mailbox.local[0] == '*')
		len = error_set(&reason, ERR_BAD,
			"has \"*\" as its local part; a whole domain is "
			"written as @%s",
			mailbox.domain);
	if (!len) {
		len = address_key(&mailbox, key);
		if (len == ERR_BAD || (len > 0 && written_len(source, key,
							  len) > ADDRESS_MAX))
			len = error_set(&reason, ERR_BAD,
				"is longer than %d bytes", ADDRESS_MAX);
	}
	if (len == ERR_BAD)
		return rulesource_refuse(error, "source", source, reason.text);
	if (len < 0)
		return error_set(error, len, "out of memory");
	return len;
}

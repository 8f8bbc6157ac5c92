#include "convert/addresslist.h"

#define SEPARATORS BYTES_FWS ",;"
#define PREFIX_MAX ((size_t)12)

static bool is_separator(char c)
{
	return memchr(SEPARATORS, c, sizeof SEPARATORS - 1) != NULL;
}

/* Returns the length of a prefix like "smtp:" with its colon, or 0. */
static size_t prefix_len(struct bytes text)
{
	for (size_t i = 0; i < text.len && i < PREFIX_MAX; i++) {
		char c = text.data[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (c == ':')
			return i ? i + 1 : 0;
		if (!letter && !(i && c >= '0' && c <= '9'))
			return 0;
	}
	return 0;
}

/* Returns the length up to the first separator outside quotes. */
static size_t mail_len(struct bytes text)
{
	bool quoted = false;
	size_t i = 0;

	for (; i < text.len; i++) {
		char c = text.data[i];

		if (quoted && c == '\\' && i + 1 < text.len)
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && is_separator(c))
			break;
	}
	/* A quote that is never closed is a character like others. */
	if (quoted)
		for (i = 0; i < text.len && !is_separator(text.data[i]); i++)
			;
	return i;
}

/* Returns the length up to a separator before an address with a prefix. */
static size_t other_len(struct bytes text)
{
	for (size_t i = 0; i + 1 < text.len; i++) {
		struct bytes next = { text.data + i + 1, text.len - i - 1 };

		if (is_separator(text.data[i]) && prefix_len(next))
			return i;
	}
	return text.len;
}

bool addresslist_next(struct bytes *field, enum record_kind kind,
	struct record_address *address)
{
	struct bytes prefix;
	size_t len;

	*field = bytes_trim(*field, SEPARATORS "{}");
	if (!field->len)
		return false;
	prefix = (struct bytes){ field->data, prefix_len(*field) };
	field->data += prefix.len;
	field->len -= prefix.len;
	if (!prefix.len)
		address->kind = kind;
	else if (bytes_equal(prefix, bytes_of("SMTP:")))
		address->kind = RECORD_PRIMARY;
	else if (bytes_equal_nocase(prefix, bytes_of("smtp:")))
		address->kind = kind == RECORD_TARGET ? kind : RECORD_ALIAS;
	else if (bytes_equal_nocase(prefix, bytes_of("x500:")))
		address->kind = RECORD_X500;
	else
		address->kind = RECORD_OTHER;
	/* The prefix of a target marks nothing. */
	if (kind == RECORD_TARGET && address->kind == RECORD_PRIMARY)
		address->kind = kind;
	len = address->kind == RECORD_X500 || address->kind == RECORD_OTHER
		      ? other_len(*field)
		      : mail_len(*field);
	address->text =
		bytes_trim((struct bytes){ field->data, len }, SEPARATORS);
	field->data += len;
	field->len -= len;
	if (!prefix.len && kind != RECORD_X500 &&
		(!len || !memchr(address->text.data, '@', address->text.len)))
		address->kind = RECORD_OTHER;
	return true;
}

int addresslist_add(struct records *records, struct record *record,
	enum record_kind kind, struct bytes field, struct error *error)
{
	struct record_address address;
	int result = 0;

	while (!result && addresslist_next(&field, kind, &address))
		result = record_add(
			records, record, address.kind, address.text, error);
	return result;
}

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

/* Where a byte stands, as a set: known_open holds several. */
enum place {
	OUTSIDE = 1, /* of quotes */
	QUOTED = 2,
	ESCAPED = 4 /* in quotes, behind a backslash */
};

/* Returns where the next byte stands, for each place where this one may. */
static unsigned step(unsigned places, char c)
{
	unsigned next = 0;

	if (places & OUTSIDE)
		next |= c == '"' ? QUOTED : OUTSIDE;
	if (places & QUOTED)
		next |= c == '"' ? OUTSIDE : c == '\\' ? ESCAPED : QUOTED;
	if (places & ESCAPED)
		next |= QUOTED;
	return next;
}

/* Goes on by len bytes. */
static void skip(struct addresslist *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		list->known_open = step(list->known_open, list->rest.data[i]);
	list->looked += len;
	list->rest.data += len;
	list->rest.len -= len;
}

static size_t plain_len(struct addresslist *list)
{
	struct bytes text = list->rest;
	size_t i = 0;

	while (i < text.len && !is_separator(text.data[i]))
		i++;
	list->looked += i;
	return i;
}

/*
 * Returns the length up to the first separator outside quotes. A quote that is
 * never closed is a character like others.
 *
 * Whether a quote is closed shows at the end of the field only. So the list
 * remembers from which places no way leads to a closed one. Each byte is looked
 * at once for each place, however many addresses there are.
 */
static size_t mail_len(struct addresslist *list)
{
	struct bytes text = list->rest;
	unsigned known = list->known_open;
	unsigned place = OUTSIDE;
	size_t i = 0;

	for (; i < text.len && !(place & known); i++) {
		if (place == OUTSIDE && is_separator(text.data[i]))
			break;
		place = step(place, text.data[i]);
		known = step(known, text.data[i]);
	}
	list->looked += i;
	if (place == OUTSIDE && !(place & known))
		return i;
	list->known_open |= OUTSIDE;
	return plain_len(list);
}

/* Returns the length up to a separator before an address with a prefix. */
static size_t other_len(struct addresslist *list)
{
	struct bytes text = list->rest;

	for (size_t i = 0; i + 1 < text.len; i++) {
		struct bytes next = { text.data + i + 1, text.len - i - 1 };

		list->looked++;
		if (is_separator(text.data[i]) && prefix_len(next))
			return i;
	}
	return text.len;
}

bool addresslist_next(struct addresslist *list, enum record_kind kind,
	struct record_address *address)
{
	struct bytes trimmed = bytes_trim(list->rest, SEPARATORS "{}");
	struct bytes prefix;
	size_t len;

	skip(list, (size_t)(trimmed.data - list->rest.data));
	list->rest = trimmed;
	if (!trimmed.len)
		return false;
	prefix = (struct bytes){ trimmed.data, prefix_len(trimmed) };
	skip(list, prefix.len);
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
		      ? other_len(list)
		      : mail_len(list);
	address->text =
		bytes_trim((struct bytes){ list->rest.data, len }, SEPARATORS);
	skip(list, len);
	if (!prefix.len && kind != RECORD_X500 &&
		(!len || !memchr(address->text.data, '@', address->text.len)))
		address->kind = RECORD_OTHER;
	return true;
}

int addresslist_add(struct records *records, struct record *record,
	enum record_kind kind, struct bytes field, struct error *error)
{
	struct addresslist list = { .rest = field };
	struct record_address address;
	int result = 0;

	while (!result && addresslist_next(&list, kind, &address))
		result = record_add(
			records, record, address.kind, address.text, error);
	return result;
}

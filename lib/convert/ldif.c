#include "convert/ldif.h"

#include <inttypes.h>

#include "convert/addresslist.h"

/* The attributes that hold addresses: of Active Directory, OpenLDAP's
 * inetOrgPerson and misc.schema, and Zimbra. */
static const struct {
	const char *name;
	enum record_kind kind; /* of an address without a prefix */
} attributes[] = {
	{ "mail", RECORD_MAIL },
	{ "proxyAddresses", RECORD_ALIAS },
	{ "mailAlternateAddress", RECORD_ALIAS },
	{ "mailLocalAddress", RECORD_ALIAS },
	{ "mailEquivalentAddress", RECORD_ALIAS },
	{ "mailAlias", RECORD_ALIAS },
	{ "gosaMailAlternateAddress", RECORD_ALIAS },
	{ "zimbraMailAlias", RECORD_ALIAS },
	{ "targetAddress", RECORD_TARGET },
	{ "mailRoutingAddress", RECORD_TARGET },
	{ "legacyExchangeDN", RECORD_X500 },
};

struct reader {
	struct records *records;
	struct bytes rest;
	uint32_t line; /* of what is in rest */
	struct record
		*record; /* the current one; NULL before its first address */
	uint32_t record_line; /* where its dn is; 0: none */
};

static int no_memory(struct error *error)
{
	return error_set(error, ERR_NOMEM, "out of memory");
}

/* Removes the next line from *rest, without its line break. */
static struct bytes cut_line(struct bytes *rest)
{
	struct bytes line = bytes_cut(rest, '\n');

	if (line.len && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

bool ldif_is(struct bytes text)
{
	while (text.len) {
		struct bytes line = cut_line(&text);

		if (!line.len || line.data[0] == '#')
			continue;
		return (line.len >= 3 && !strncasecmp(line.data, "dn:", 3)) ||
		       (line.len >= 8 &&
			       !strncasecmp(line.data, "version:", 8));
	}
	return false;
}

/* Removes a line and those that continue it from the rest. *line is in the text
 * or, if it is continued, in the arena. */
static int cut_folded(
	struct reader *reader, struct bytes *line, struct error *error)
{
	struct bytes look;
	size_t len;
	char *joined;

	*line = cut_line(&reader->rest);
	reader->line++;
	if (!reader->rest.len || reader->rest.data[0] != ' ')
		return 0;
	len = line->len;
	look = reader->rest;
	while (look.len && look.data[0] == ' ')
		len += cut_line(&look).len;
	joined = arena_bytes(reader->records->arena, len);
	if (!joined)
		return no_memory(error);
	len = line->len;
	if (len)
		memcpy(joined, line->data, len);
	while (reader->rest.len && reader->rest.data[0] == ' ') {
		struct bytes more = cut_line(&reader->rest);

		reader->line++;
		memcpy(joined + len, more.data + 1, more.len - 1);
		len += more.len - 1;
	}
	*line = (struct bytes){ joined, len };
	return 0;
}

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Replaces *text by what it is the base64 of (RFC 4648). Returns 0, ERR_BAD
 * without a text, or ERR_NOMEM. */
static int decode(struct bytes *text, struct arena *arena, struct error *error)
{
	struct bytes in = bytes_trim(*text, BYTES_BLANKS);
	size_t padding = 0;
	size_t used = 0;
	uint32_t bits = 0;
	char *out;

	while (padding < 2 && in.len && in.data[in.len - 1] == '=') {
		in.len--;
		padding++;
	}
	if ((in.len + padding) % 4 || in.len % 4 == 1)
		return ERR_BAD;
	out = arena_bytes(arena, in.len);
	if (!out)
		return no_memory(error);
	for (size_t i = 0; i < in.len; i++) {
		int value = digit(in.data[i]);

		if (value < 0)
			return ERR_BAD;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4)
			out[used++] = (char)(bits >> (6 - i % 4 * 2) & 0xff);
	}
	*text = (struct bytes){ out, used };
	return 0;
}

/* Adds the address in a value to the current record. */
static int add_value(struct reader *reader, enum record_kind kind,
	struct bytes value, struct error *error)
{
	if (!reader->record)
		reader->record =
			records_add(reader->records, reader->record_line);
	if (!reader->record)
		return no_memory(error);
	if (kind == RECORD_X500)
		return record_add(
			reader->records, reader->record, kind, value, error);
	return addresslist_add(
		reader->records, reader->record, kind, value, error);
}

/* Splits "name;option:: value" and decodes the value. Returns 1 if it is a
 * value, 0 if it is in another file, or an error. */
static int split(struct reader *reader, struct bytes line, uint32_t number,
	struct bytes *name, struct bytes *value, struct error *error)
{
	int result;

	if (!line.len || !memchr(line.data, ':', line.len))
		return error_set(error, ERR_BAD,
			"%" PRIu32 ": found \"%.*s\", expected an attribute, a "
			"colon and a value",
			number, line.len > 60 ? 60 : (int)line.len,
			line.len ? line.data : "");
	*name = bytes_cut(&line, ':');
	*name = bytes_cut(name, ';');
	*value = line;
	if (bytes_take(value, "<"))
		return 0;
	if (!bytes_take(value, ":")) {
		*value = bytes_trim(*value, BYTES_BLANKS);
		return 1;
	}
	result = decode(value, reader->records->arena, error);
	if (result == ERR_BAD)
		return error_set(error, ERR_BAD,
			"%" PRIu32 ": the value of %.*s is not base64", number,
			name->len > 60 ? 60 : (int)name->len, name->data);
	return result ? result : 1;
}

static int take_line(struct reader *reader, struct bytes line, uint32_t number,
	struct error *error)
{
	struct bytes name = { NULL, 0 };
	struct bytes value = { NULL, 0 };
	int result = split(reader, line, number, &name, &value, error);

	if (result < 0)
		return result;
	if (bytes_equal_nocase(name, bytes_of("dn"))) {
		reader->record = NULL;
		reader->record_line = number;
		return 0;
	}
	if (bytes_equal_nocase(name, bytes_of("changetype")) &&
		!bytes_equal_nocase(value, bytes_of("add")))
		return error_set(error, ERR_BAD,
			"%" PRIu32 ": found \"changetype: %.*s\": the file "
			"holds changes of a directory, expected its records, "
			"as ldapsearch prints them",
			number, value.len > 20 ? 20 : (int)value.len,
			value.data);
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
		if (!bytes_equal_nocase(name, bytes_of(attributes[i].name)))
			continue;
		if (result)
			return add_value(
				reader, attributes[i].kind, value, error);
		reader->records->left[RECORD_LEFT_OTHER]++;
	}
	return 0;
}

int ldif_read(struct bytes text, struct records *records, struct error *error)
{
	struct reader reader = { .records = records, .rest = text, .line = 1 };
	int result = 0;

	while (!result && reader.rest.len) {
		uint32_t number = reader.line;
		struct bytes line;

		result = cut_folded(&reader, &line, error);
		if (result)
			break;
		if (!line.len) {
			reader.record = NULL;
			reader.record_line = reader.line;
		} else if (line.data[0] != '#') {
			result = take_line(&reader, line, number, error);
		}
	}
	return result;
}

#include "convert/exchange.h"

#include <inttypes.h>

#include "base/precis.h"
#include "convert/addresslist.h"

/* The columns that hold addresses of a mailbox. */
static const struct {
	const char *name;
	enum record_kind kind; /* of an address without a prefix */
} columns[] = {
	{ "EmailAddresses", RECORD_ALIAS },
	{ "ProxyAddresses", RECORD_ALIAS },
	{ "PrimarySmtpAddress", RECORD_MAIL },
	{ "WindowsEmailAddress", RECORD_ALIAS },
	{ "ExternalEmailAddress", RECORD_TARGET },
	{ "RemoteRoutingAddress", RECORD_TARGET },
	{ "TargetAddress", RECORD_TARGET },
	{ "LegacyExchangeDN", RECORD_X500 },
};

#define COLUMNS (sizeof columns / sizeof *columns)

bool exchange_is_mailboxes(const struct sheet *sheet)
{
	return sheet_find(sheet, "EmailAddresses") >= 0 ||
	       sheet_find(sheet, "ProxyAddresses") >= 0 ||
	       sheet_find(sheet, "PrimarySmtpAddress") >= 0;
}

bool exchange_is_rewrite(const struct sheet *sheet)
{
	return sheet_find(sheet, "InternalAddress") >= 0 &&
	       sheet_find(sheet, "ExternalAddress") >= 0;
}

static int read_mailbox(const struct sheet *sheet, const int found[COLUMNS],
	struct records *records, struct error *error)
{
	struct record *record = records_add(records, sheet->row.row_line);
	int result = 0;

	if (!record)
		return error_set(error, ERR_NOMEM, "out of memory");
	for (size_t i = 0; !result && i < COLUMNS; i++) {
		struct bytes field = sheet_field(sheet, found[i]);

		if (columns[i].kind == RECORD_X500 && field.len)
			result = record_add(records, record, RECORD_X500,
				precis_trim(field), error);
		else if (columns[i].kind != RECORD_X500)
			result = sheet_check_joined(sheet, found[i], error);
		if (!result && columns[i].kind != RECORD_X500)
			result = addresslist_add(
				records, record, columns[i].kind, field, error);
	}
	return result;
}

int exchange_read_mailboxes(
	struct sheet *sheet, struct records *records, struct error *error)
{
	int found[COLUMNS];
	int result;

	for (size_t i = 0; i < COLUMNS; i++)
		found[i] = sheet_find(sheet, columns[i].name);
	while ((result = csvrow_next(&sheet->row, records->arena, error)) > 0) {
		result = read_mailbox(sheet, found, records, error);
		if (result)
			break;
	}
	return result;
}

/* Returns the source or target of a rule for what is an address or a domain:
 * "@a.com" for "a.com". data is NULL when out of memory. */
static struct bytes as_rule(
	struct records *records, const char *prefix, struct bytes text)
{
	size_t len = strlen(prefix);
	char *copy;

	if (text.len && memchr(text.data, '@', text.len))
		return text;
	copy = arena_bytes(records->arena, len + text.len);
	if (copy) {
		memcpy(copy, prefix, len);
		if (text.len)
			memcpy(copy + len, text.data, text.len);
	}
	return (struct bytes){ copy, len + text.len };
}

static int add_pair(struct records *records, uint32_t line, struct bytes source,
	struct bytes target, struct error *error)
{
	if (!source.data || !target.data)
		return error_set(error, ERR_NOMEM, "out of memory");
	return records_pair(records, line, source, target, error);
}

/* Adds exceptions for the domains of ExceptionList. */
static int add_exceptions(struct records *records, uint32_t line,
	struct bytes list, struct error *error)
{
	int result = 0;

	while (!result) {
		struct bytes rule;
		size_t len = 0;

		list = bytes_trim(list, BYTES_FWS ",;{}");
		while (len < list.len &&
			!memchr(BYTES_FWS ",;", list.data[len], 6))
			len++;
		if (!len)
			break;
		rule = as_rule(records, "@", (struct bytes){ list.data, len });
		result = add_pair(records, line, rule, rule, error);
		list.data += len;
		list.len -= len;
	}
	return result;
}

static bool is_true(struct bytes field)
{
	return bytes_equal_nocase(
		bytes_trim(field, BYTES_FWS "$"), bytes_of("true"));
}

static int read_outbound(struct records *records, uint32_t line,
	struct bytes internal, struct bytes external, struct bytes exceptions,
	struct error *error)
{
	struct bytes target = as_rule(records, "@", external);
	struct bytes below = internal;
	int result = 0;

	if (bytes_take(&below, "*.")) {
		result = add_pair(records, line, as_rule(records, "@*.", below),
			target, error);
		internal = below;
	}
	if (!result)
		result = add_pair(records, line,
			as_rule(records, "@", internal), target, error);
	return result ? result
		      : add_exceptions(records, line, exceptions, error);
}

int exchange_read_rewrite(struct sheet *sheet, bool outbound,
	struct records *records, struct error *error)
{
	const int internal = sheet_find(sheet, "InternalAddress");
	const int external = sheet_find(sheet, "ExternalAddress");
	const int exceptions = sheet_find(sheet, "ExceptionList");
	const int one_way = sheet_find(sheet, "OutboundOnly");
	int result;

	while ((result = csvrow_next(&sheet->row, records->arena, error)) > 0) {
		uint32_t line = sheet->row.row_line;
		struct bytes from = precis_trim(sheet_field(sheet, internal));
		struct bytes to = precis_trim(sheet_field(sheet, external));

		result = outbound ? sheet_check_joined(sheet, exceptions, error)
				  : 0;
		if (!result && outbound)
			result = read_outbound(records, line, from, to,
				sheet_field(sheet, exceptions), error);
		else if (!outbound && is_true(sheet_field(sheet, one_way)))
			records->left[RECORD_LEFT_ONE_WAY]++;
		else if (!outbound)
			result = add_pair(records, line,
				as_rule(records, "@", to),
				as_rule(records, "@", from), error);
		if (result)
			break;
	}
	return result;
}

#include "convert/google.h"

#include "base/precis.h"
#include "convert/addresslist.h"

/* Returns the column of the primary address, or -1. */
static int find_primary(const struct sheet *sheet)
{
	static const char *const names[] = { "primaryEmail",
		"Email Address [Required]", "Email Address" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int column = sheet_find(sheet, names[i]);

		if (column >= 0)
			return column;
	}
	if (sheet_find(sheet, "Alias") >= 0 ||
		sheet_find(sheet, "NonEditableAlias") >= 0 ||
		sheet_find(sheet, "Aliases") >= 0)
		return sheet_find(sheet, "Target");
	return -1;
}

bool google_is(const struct sheet *sheet)
{
	return find_primary(sheet) >= 0;
}

/* True if the column holds addresses of the mailbox, of that kind. Recovery and
 * home addresses are the user's private ones. */
static bool is_alias(
	const struct sheet *sheet, unsigned column, enum record_kind *kind)
{
	static const char *const lists[] = { "aliases", "nonEditableAliases",
		"Alias", "NonEditableAlias" };

	*kind = RECORD_ALIAS;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (sheet_is_list(sheet, column, lists[i]))
			return true;
	*kind = RECORD_SECONDARY;
	return bytes_equal_nocase(
		sheet->header[column], bytes_of("Work Secondary Email"));
}

/* True for the column in which gam says how many columns follow. */
static bool is_number(struct bytes field)
{
	uint64_t number;

	field = precis_trim(field);
	return bytes_number(&field, 9, &number) && !field.len;
}

static int read_user(struct sheet *sheet, struct record *record, int primary,
	struct records *records, struct error *error)
{
	int result = 0;

	for (unsigned i = 0; !result && i < sheet->width; i++) {
		struct bytes field = sheet_field(sheet, (int)i);
		enum record_kind kind;

		if ((int)i == primary)
			result = addresslist_add(
				records, record, RECORD_PRIMARY, field, error);
		else if (is_alias(sheet, i, &kind) && !is_number(field))
			result = addresslist_add(
				records, record, kind, field, error);
	}
	return result;
}

int google_read(
	struct sheet *sheet, struct records *records, struct error *error)
{
	int primary = find_primary(sheet);
	struct bytes last = { NULL, 0 };
	struct record *record = NULL;
	int result;

	while ((result = csvrow_next(&sheet->row, records->arena, error)) > 0) {
		struct bytes name = precis_trim(sheet_field(sheet, primary));

		if (!record || !bytes_equal_nocase(name, last))
			record = records_add(records, sheet->row.row_line);
		last = name;
		if (!record)
			return error_set(error, ERR_NOMEM, "out of memory");
		result = read_user(sheet, record, primary, records, error);
		if (result)
			break;
	}
	return result;
}

#include "convert/sheet.h"

#include <inttypes.h>

#include "base/precis.h"

int sheet_open(struct sheet *sheet, struct bytes text,
	const struct csvstart_columns *columns, struct arena *arena,
	struct error *error)
{
	struct csvstart start;
	int result = csvstart_read(
		text.data, text.len, '\0', columns, &start, error);

	if (result)
		return result;
	sheet->row.rest =
		(struct bytes){ text.data + start.skip, text.len - start.skip };
	sheet->row.delimiter = start.delimiter;
	sheet->row.line = start.lines + 1;
	result = csvrow_next(&sheet->row, arena, error);
	if (result < 0)
		return result;
	sheet->width = sheet->row.count;
	sheet->header =
		arena_array(arena, sheet->width + 1, sizeof *sheet->header);
	if (!sheet->header)
		return error_set(error, ERR_NOMEM, "out of memory");
	for (unsigned i = 0; i < sheet->width; i++)
		sheet->header[i] = precis_trim(sheet->row.fields[i]);
	return result ? 0
		      : error_set(error, ERR_BAD,
				"1: the file is empty, expected a row that "
				"names the columns");
}

int sheet_find(const struct sheet *sheet, const char *name)
{
	struct bytes wanted = precis_trim(bytes_of(name));

	for (unsigned i = 0; i < sheet->width; i++)
		if (bytes_equal_nocase(sheet->header[i], wanted))
			return (int)i;
	return -1;
}

bool sheet_is_list(const struct sheet *sheet, unsigned column, const char *name)
{
	struct bytes rest = sheet->header[column];
	size_t len = strlen(name);
	uint64_t number;

	if (rest.len < len || strncasecmp(rest.data, name, len) != 0)
		return false;
	rest.data += len;
	rest.len -= len;
	return !rest.len ||
	       (bytes_take(&rest, ".") &&
		       bytes_number(&rest, SIZE_MAX, &number) && !rest.len);
}

struct bytes sheet_field(const struct sheet *sheet, int column)
{
	if (column < 0 || (unsigned)column >= sheet->row.count)
		return (struct bytes){ "", 0 };
	return sheet->row.fields[column];
}

int sheet_check_joined(
	const struct sheet *sheet, int column, struct error *error)
{
	struct bytes field = sheet_field(sheet, column);
	struct bytes rest = field;

	if (!bytes_take(&rest, "System.") && !bytes_take(&rest, "Microsoft."))
		return 0;
	return error_set(error, ERR_BAD,
		"%" PRIu32 ": found the type \"%.*s\" in the column %.*s, "
		"expected addresses; join them before Export-Csv: "
		"Select-Object PrimarySmtpAddress, @{n='EmailAddresses'; "
		"e={$_.EmailAddresses -join ' '}}",
		sheet->row.row_line, field.len > 80 ? 80 : (int)field.len,
		field.data, (int)sheet->header[column].len,
		sheet->header[column].data);
}

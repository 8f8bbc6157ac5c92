#include "command/userfile.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"
#include "command/wholefile.h"
#include "convert/addresslist.h"
#include "convert/encoding.h"
#include "convert/sheet.h"
#include "mail/address.h"

struct reading {
	struct userfile *users;
	size_t room;
	struct arena *arena;
	struct sheet sheet;
	int column;
};

static int no_memory(struct error *error)
{
	return error_set(error, ERR_NOMEM, "out of memory");
}

static int add(struct reading *reading, struct bytes text, struct error *error)
{
	struct userfile *users = reading->users;
	struct error why = { .text = "" };
	struct bytes *longer;
	struct mailbox mailbox;
	char key[ADDRESS_KEY_MAX];
	int len = address_parse(text.data, text.len, &mailbox, &why);

	if (!len) {
		(void)error_set(&why, 0, "has no A-label form");
		len = address_key(&mailbox, key);
	}
	if (len == ERR_BAD)
		return error_set(error, ERR_BAD, "%" PRIu32 ": \"%.*s\" %s",
			reading->sheet.row.row_line,
			text.len > 100 ? 100 : (int)text.len, text.data,
			why.text);
	longer =
		len < 0 ? NULL
			: array_grow_in(reading->arena, users->keys,
				  users->count, &reading->room, sizeof *longer);
	if (!longer)
		return no_memory(error);
	users->keys = longer;
	longer[users->count].data =
		arena_copy(reading->arena, key, (size_t)len);
	longer[users->count].len = (size_t)len;
	return longer[users->count++].data ? 0 : no_memory(error);
}

static int find_column(
	struct reading *reading, const char *column, struct error *error)
{
	const struct sheet *sheet = &reading->sheet;

	for (unsigned i = 0; i < sheet->width; i++) {
		if (csvstart_is_source(sheet->header[i], column)) {
			reading->column = (int)i;
			return 0;
		}
	}
	return error_set(error, ERR_BAD,
		"1: found no column \"%s\"; name the one that has the users' "
		"addresses with --columns",
		column ? column : "Source");
}

static int read_rows(struct reading *reading, struct error *error)
{
	struct sheet *sheet = &reading->sheet;
	int result;

	while ((result = csvrow_next(&sheet->row, reading->arena, error)) ==
		1) {
		struct addresslist list = { .rest = sheet_field(
						    sheet, reading->column) };
		struct record_address address;

		result = sheet_check_joined(sheet, reading->column, error);
		while (!result &&
			addresslist_next(&list, RECORD_ALIAS, &address))
			if (address.kind != RECORD_X500 &&
				address.kind != RECORD_OTHER)
				result = add(reading, address.text, error);
		if (result)
			return result;
	}
	return result;
}

int userfile_read(struct userfile *users, const char *path, const char *column,
	struct arena *arena, struct error *error)
{
	struct reading reading = { .users = users, .arena = arena };
	struct csvstart_columns columns = { column, column };
	struct error why = { .text = "" };
	struct bytes text = { NULL, 0 };
	char *data = NULL;
	size_t len = 0;
	int result = wholefile_read(path, &data, &len, error);

	*users = (struct userfile){ .keys = NULL };
	if (result)
		goto out;
	text = (struct bytes){ data, len };
	result = encoding_decode(&text, arena, &why);
	if (!result)
		result =
			sheet_open(&reading.sheet, text, &columns, arena, &why);
	if (!result)
		result = find_column(&reading, column, &why);
	if (!result)
		result = read_rows(&reading, &why);
	if (result)
		result = error_set(error, result, "%s:%s%s",
			wholefile_name(path),
			result == ERR_BAD && why.text[0] >= '0' &&
					why.text[0] <= '9'
				? ""
				: " ",
			why.text);
out:
	free(data);
	return result;
}

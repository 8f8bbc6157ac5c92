#include "convert/columns.h"

#include <stdio.h>

#include "convert/addresslist.h"

#define LIST_MAX ((size_t)600) /* bytes of all columns in a message */

struct pair_columns {
	int source;
	int target;
};

static int no_column(
	const struct sheet *sheet, const char *name, struct error *error)
{
	char list[LIST_MAX] = "";
	size_t used = 0;

	for (unsigned i = 0; i < sheet->width && used + 80 < sizeof list; i++) {
		struct bytes column = sheet->header[i];

		used += (size_t)snprintf(list + used, sizeof list - used,
			"%s\"%.*s\"", i ? ", " : "",
			column.len > 60 ? 60 : (int)column.len, column.data);
	}
	return error_set(error, ERR_BAD,
		"1: found no column \"%s\"; --columns SOURCE,TARGET names two "
		"of these: %s",
		name, list);
}

static int find(const struct sheet *sheet, const char *name,
	bool (*is)(struct bytes text, const char *wanted))
{
	for (unsigned i = 0; i < sheet->width; i++)
		if (is(sheet->header[i], name))
			return (int)i;
	return -1;
}

static int read_inbound(struct sheet *sheet, struct pair_columns columns,
	struct records *records, struct error *error)
{
	struct addresslist list = { .rest = sheet_field(
					    sheet, columns.target) };
	struct addresslist sources = { .rest = sheet_field(
					       sheet, columns.source) };
	char *joined = arena_bytes(records->arena, list.rest.len + 1);
	struct bytes targets = { joined, 0 };
	struct record_address address;
	bool any = false;
	int result = 0;

	if (!joined)
		return error_set(error, ERR_NOMEM, "out of memory");
	while (addresslist_next(&list, RECORD_TARGET, &address)) {
		if (address.kind != RECORD_TARGET)
			continue;
		if (targets.len)
			joined[targets.len++] = ',';
		memcpy(joined + targets.len, address.text.data,
			address.text.len);
		targets.len += address.text.len;
	}
	while (!result && targets.len &&
		addresslist_next(&sources, RECORD_ALIAS, &address)) {
		if (address.kind == RECORD_X500 ||
			address.kind == RECORD_OTHER) {
			records->left[address.kind == RECORD_X500
					      ? RECORD_LEFT_X500
					      : RECORD_LEFT_OTHER]++;
			continue;
		}
		any = true;
		result = records_pair(records, sheet->row.row_line,
			address.text, targets, error);
	}
	records->left[RECORD_LEFT_EMPTY] += !result && !any;
	return result;
}

/* Finds the primary address of a field. Returns false if there is none. */
static bool find_primary(
	struct bytes field, struct records *records, struct bytes *primary)
{
	struct addresslist list = { .rest = field };
	struct record_address address;
	size_t count = 0;
	bool marked = false;

	while (addresslist_next(&list, RECORD_ALIAS, &address)) {
		if (address.kind != RECORD_PRIMARY &&
			address.kind != RECORD_ALIAS)
			continue;
		count++;
		if (marked || (count > 1 && address.kind == RECORD_ALIAS))
			continue;
		*primary = address.text;
		marked = address.kind == RECORD_PRIMARY;
	}
	if (count && (marked || count == 1)) {
		records->left[RECORD_LEFT_ALIAS] += count - 1;
		return true;
	}
	records->left[count ? RECORD_LEFT_NO_PRIMARY : RECORD_LEFT_EMPTY]++;
	return false;
}

static int read_outbound(struct sheet *sheet, struct pair_columns columns,
	struct records *records, struct error *error)
{
	struct addresslist list = { .rest = sheet_field(
					    sheet, columns.target) };
	struct record_address address;
	struct bytes source = { NULL, 0 };
	struct bytes primary;
	size_t count = 0;

	while (addresslist_next(&list, RECORD_TARGET, &address)) {
		if (address.kind != RECORD_TARGET)
			continue;
		source = address.text;
		count++;
	}
	if (count != 1) {
		records->left[count ? RECORD_LEFT_MANY : RECORD_LEFT_EMPTY]++;
		return 0;
	}
	if (!find_primary(
		    sheet_field(sheet, columns.source), records, &primary))
		return 0;
	return records_pair(
		records, sheet->row.row_line, source, primary, error);
}

int columns_read(struct sheet *sheet, const struct csvstart_columns *names,
	bool outbound, struct records *records, struct error *error)
{
	const struct pair_columns columns = {
		.source = find(sheet, names->source, csvstart_is_source),
		.target = find(sheet, names->target, csvstart_is_target),
	};
	int result;

	if (columns.source < 0)
		return no_column(
			sheet, names->source ? names->source : "Source", error);
	if (columns.target < 0)
		return no_column(
			sheet, names->target ? names->target : "Target", error);
	while ((result = csvrow_next(&sheet->row, records->arena, error)) > 0) {
		result = sheet_check_joined(sheet, columns.source, error);
		if (!result)
			result = sheet_check_joined(
				sheet, columns.target, error);
		if (!result)
			result = outbound ? read_outbound(sheet, columns,
						    records, error)
					  : read_inbound(sheet, columns,
						    records, error);
		if (result)
			break;
	}
	return result;
}

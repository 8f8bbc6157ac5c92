#include "csv/csvrow.h"

#include <inttypes.h>

static bool is_break(char c)
{
	return c == '\n' || c == '\r';
}

static void skip(struct csvrow *row, size_t len)
{
	row->rest.data += len;
	row->rest.len -= len;
}

/* Removes a line break from the front of the rest, if there is one. */
static bool take_break(struct csvrow *row)
{
	if (!row->rest.len || !is_break(row->rest.data[0]))
		return false;
	if (!bytes_take(&row->rest, "\r\n"))
		skip(row, 1);
	row->line++;
	return true;
}

/* Copies a field without one of each two quotes. */
static int unquote(
	struct bytes *field, struct arena *arena, struct error *error)
{
	char *copy = arena_bytes(arena, field->len);
	size_t used = 0;

	if (!copy)
		return error_set(error, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < field->len; i++) {
		copy[used++] = field->data[i];
		if (field->data[i] == '"')
			i++;
	}
	*field = (struct bytes){ copy, used };
	return 0;
}

/* Reads a field whose opening quote has been removed. */
static int take_quoted(struct csvrow *row, struct arena *arena,
	struct bytes *field, struct error *error)
{
	bool doubled = false;
	uint32_t line = row->line;
	size_t i = 0;

	for (; i < row->rest.len; i++) {
		char c = row->rest.data[i];

		if (c == '\n')
			row->line++;
		if (c != '"')
			continue;
		if (i + 1 == row->rest.len || row->rest.data[i + 1] != '"')
			break;
		doubled = true;
		i++;
	}
	if (i == row->rest.len)
		return error_set(error, ERR_BAD,
			"%" PRIu32 ": a field begins with a quote here that is "
			"never closed",
			line);
	*field = (struct bytes){ row->rest.data, i };
	skip(row, i + 1);
	if (row->rest.len && row->rest.data[0] != row->delimiter &&
		!is_break(row->rest.data[0]))
		return error_set(error, ERR_BAD,
			"%" PRIu32 ": found text after a closing quote, "
			"expected a delimiter or the end of the line",
			row->line);
	return doubled ? unquote(field, arena, error) : 0;
}

static int take_field(struct csvrow *row, struct arena *arena,
	struct bytes *field, struct error *error)
{
	size_t len = 0;

	if (bytes_take(&row->rest, "\""))
		return take_quoted(row, arena, field, error);
	while (len < row->rest.len && row->rest.data[len] != row->delimiter &&
		!is_break(row->rest.data[len]))
		len++;
	*field = (struct bytes){ row->rest.data, len };
	skip(row, len);
	return 0;
}

int csvrow_next(struct csvrow *row, struct arena *arena, struct error *error)
{
	bool more = true;

	while (take_break(row))
		;
	row->row_line = row->line;
	row->count = 0;
	if (!row->rest.len)
		return 0;
	while (more) {
		int result;

		if (row->count == CSVROW_COLUMNS)
			return error_set(error, ERR_BAD,
				"%" PRIu32 ": found more than %d columns",
				row->line, CSVROW_COLUMNS);
		result =
			take_field(row, arena, &row->fields[row->count], error);
		if (result)
			return result;
		row->count++;
		more = row->rest.len && row->rest.data[0] == row->delimiter;
		if (more)
			skip(row, 1);
	}
	(void)take_break(row);
	return 1;
}

#include "convert/postfixmap.h"

#include <inttypes.h>

#define SEPARATORS BYTES_FWS ","

struct reader {
	struct records *records;
	struct bytes rest;
	uint32_t line; /* of what is in rest */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* True if the line is empty or a comment, which does not end a logical line. */
static bool is_ignored(struct bytes line)
{
	line = bytes_trim(line, BYTES_FWS);
	return !line.len || line.data[0] == '#';
}

/* Removes the next logical line from the rest. *line spans all of its physical
 * lines, comments among them included. Returns false at the end. */
static bool cut_logical(
	struct reader *reader, struct bytes *line, uint32_t *number)
{
	for (;;) {
		struct bytes next = reader->rest;
		struct bytes first;

		if (!next.len)
			return false;
		*number = reader->line++;
		first = bytes_cut(&next, '\n');
		reader->rest = next;
		if (is_ignored(first))
			continue;
		*line = first;
		break;
	}
	while (reader->rest.len) {
		struct bytes next = reader->rest;
		struct bytes more = bytes_cut(&next, '\n');

		if (!is_ignored(more) && !is_blank(more.data[0]))
			break;
		if (!is_ignored(more))
			line->len = (size_t)(more.data + more.len - line->data);
		reader->line++;
		reader->rest = next;
	}
	return true;
}

/* Removes the key from the front of a logical line; quotes in it hold blanks.
 */
static struct bytes cut_key(struct bytes *line)
{
	struct bytes key;
	bool quoted = false;
	size_t i = 0;

	*line = bytes_trim(*line, BYTES_FWS);
	for (; i < line->len && (quoted || !is_blank(line->data[i])); i++) {
		if (line->data[i] == '\\' && i + 1 < line->len)
			i++;
		else if (line->data[i] == '"')
			quoted = !quoted;
	}
	key = (struct bytes){ line->data, i };
	line->data += i;
	line->len -= i;
	*line = bytes_trim(*line, BYTES_FWS);
	return key;
}

static bool has_at(struct bytes text)
{
	return text.len && memchr(text.data, '@', text.len);
}

/* Removes comments, which may stand between the lines of a value. */
static struct bytes cut_value_line(struct bytes *value)
{
	while (value->len) {
		struct bytes line = bytes_cut(value, '\n');

		if (!is_ignored(line))
			return line;
	}
	return (struct bytes){ "", 0 };
}

/* Joins the results with commas. *local is set if one of them has no domain. */
static int join(struct reader *reader, struct bytes value, struct bytes *joined,
	bool *local, struct error *error)
{
	char *out = arena_bytes(reader->records->arena, value.len + 1);
	size_t used = 0;

	*local = false;
	if (!out)
		return error_set(error, ERR_NOMEM, "out of memory");
	while (value.len) {
		struct bytes line = cut_value_line(&value);

		for (;;) {
			struct bytes one;
			bool quoted = false;
			size_t i = 0;

			line = bytes_trim(line, SEPARATORS);
			for (; i < line.len &&
				(quoted || !memchr(SEPARATORS, line.data[i],
						   sizeof SEPARATORS - 1));
				i++) {
				if (line.data[i] == '\\' && i + 1 < line.len)
					i++;
				else if (line.data[i] == '"')
					quoted = !quoted;
			}
			if (!i)
				break;
			one = (struct bytes){ line.data, i };
			*local = *local || !has_at(one);
			if (used)
				out[used++] = ',';
			memcpy(out + used, one.data, one.len);
			used += one.len;
			line.data += i;
			line.len -= i;
		}
	}
	*joined = (struct bytes){ out, used };
	return 0;
}

bool postfixmap_is(struct bytes text)
{
	struct reader reader = { .rest = text, .line = 1 };
	struct bytes line;
	uint32_t number;

	while (cut_logical(&reader, &line, &number)) {
		struct bytes key = cut_key(&line);

		if (!line.len || memchr(key.data, ';', key.len) ||
			memchr(key.data, ',', key.len))
			return false;
		if (has_at(key) || has_at(line))
			return true;
	}
	return false;
}

static int take_row(struct reader *reader, struct bytes line, uint32_t number,
	struct error *error)
{
	struct bytes key = cut_key(&line);
	struct bytes targets = { NULL, 0 };
	bool local;
	int result;

	if (key.len && key.data[0] == '/')
		return error_set(error, ERR_BAD,
			"%" PRIu32
			": found a regular expression, which no rule "
			"can hold; expected a table in the form of virtual(5) "
			"or canonical(5)",
			number);
	if (!line.len)
		return error_set(error, ERR_BAD,
			"%" PRIu32 ": found \"%.*s\" without a value, expected "
			"an address and what it becomes",
			number, key.len > 100 ? 100 : (int)key.len, key.data);
	result = join(reader, line, &targets, &local, error);
	if (result)
		return result;
	/* "a.com anything" makes a.com a domain of virtual(5). */
	if (!has_at(key))
		reader->records->left[memchr(key.data, '.', key.len)
					      ? RECORD_LEFT_MARK
					      : RECORD_LEFT_LOCAL]++;
	else if (local)
		reader->records->left[RECORD_LEFT_LOCAL]++;
	else
		result = records_pair(
			reader->records, number, key, targets, error);
	return result;
}

int postfixmap_read(
	struct bytes text, struct records *records, struct error *error)
{
	struct reader reader = { .records = records, .rest = text, .line = 1 };
	struct bytes line;
	uint32_t number;
	int result = 0;

	while (!result && cut_logical(&reader, &line, &number))
		result = take_row(&reader, line, number, error);
	return result;
}

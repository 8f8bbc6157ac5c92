#include "csv/csvstart.h"

#include <ctype.h>
#include <stdio.h>

#include "base/precis.h"

/* The bytes that are searched for UTF-16 and UTF-32 without a mark. */
#define LOOKED_AT ((size_t)256)

static const char candidates[] = { ';', ',', '\t', '|' };

const char *csvstart_delimiter_name(char delimiter, char buffer[8])
{
	switch (delimiter) {
	case ';':
		return "a semicolon";
	case ',':
		return "a comma";
	case '\t':
		return "a tab";
	default:
		(void)snprintf(buffer, 8, "\"%c\"", delimiter);
		return buffer;
	}
}

const char *csvstart_delimiter_text(char delimiter, char buffer[8])
{
	if (delimiter == '\t')
		return "<tab>";
	(void)snprintf(buffer, 8, "%c", delimiter);
	return buffer;
}

static bool is_name(
	struct bytes text, const char *wanted, const char *a, const char *b)
{
	text = precis_trim(text);
	if (wanted)
		return bytes_equal_nocase(text, precis_trim(bytes_of(wanted)));
	return bytes_equal_nocase(text, bytes_of(a)) ||
	       bytes_equal_nocase(text, bytes_of(b));
}

bool csvstart_is_source(struct bytes text, const char *wanted)
{
	return is_name(text, wanted, "Source", "SourceEmail");
}

bool csvstart_is_target(struct bytes text, const char *wanted)
{
	return is_name(text, wanted, "Target", "TargetEmail");
}

/* Returns the encoding whose byte order mark the file begins with, or NULL.
 * UTF-32 is tested first, because one of its marks begins with that of
 * UTF-16. */
static const char *marked_encoding(const char *data, size_t len)
{
	if (len >= 4 && (!memcmp(data, "\xff\xfe\0\0", 4) ||
				!memcmp(data, "\0\0\xfe\xff", 4)))
		return "UTF-32";
	if (len >= 2 &&
		(!memcmp(data, "\xff\xfe", 2) || !memcmp(data, "\xfe\xff", 2)))
		return "UTF-16";
	return NULL;
}

/* True if data looks like UTF-16: half of the bytes are NUL, always the first
 * or always the second of two. */
static bool is_wide(const char *data, size_t len)
{
	size_t zeros[2] = { 0, 0 };
	size_t pairs = (len < LOOKED_AT ? len : LOOKED_AT) / 2;

	for (size_t i = 0; i < 2 * pairs; i++)
		zeros[i % 2] += !data[i];
	return pairs && ((zeros[0] * 10 >= pairs * 6 && !zeros[1]) ||
				(zeros[1] * 10 >= pairs * 6 && !zeros[0]));
}

/* True if data looks like UTF-32: three of each four bytes are NUL, but never
 * the fourth one. */
static bool is_very_wide(const char *data, size_t len)
{
	size_t zeros[4] = { 0, 0, 0, 0 };
	size_t fours = (len < LOOKED_AT ? len : LOOKED_AT) / 4;

	for (size_t i = 0; i < 4 * fours; i++)
		zeros[i % 4] += !data[i];
	return fours && zeros[1] == fours && zeros[2] == fours &&
	       ((zeros[0] == fours && !zeros[3]) ||
		       (zeros[3] == fours && !zeros[0]));
}

static int refuse_format(const char *data, size_t len, struct error *error)
{
	const char *marked = marked_encoding(data, len);
	const char *encoding = marked		    ? marked
			       : is_wide(data, len) ? "UTF-16"
						    : NULL;

	if (!encoding && is_very_wide(data, len))
		encoding = "UTF-32";
	if (encoding)
		return error_set(error, ERR_BAD,
			"the file is %s%s; save it as CSV in UTF-8", encoding,
			marked ? "" : " without a byte order mark");
	if (len >= 4 && !memcmp(data, "PK\3\4", 4))
		return error_set(error, ERR_BAD,
			"the file is a ZIP archive, like .xlsx and .ods files; "
			"save it as CSV in UTF-8");
	if (len >= 8 && !memcmp(data, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8))
		return error_set(error, ERR_BAD,
			"the file is a workbook in the old format of Excel, "
			"like .xls files; save it as CSV in UTF-8");
	if (len >= 2 && !memcmp(data, "\x1f\x8b", 2))
		return error_set(error, ERR_BAD,
			"the file is compressed; unpack it with gunzip");
	return 0;
}

/* Removes the next line from *rest and returns it without its line break. */
static struct bytes cut_line(struct bytes *rest)
{
	struct bytes line = bytes_cut(rest, '\n');

	if (line.len && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* Reads a line "sep=;" of Excel, in quotes or not. Returns 1; 0 if it is
 * another line; ERR_BAD if it does not name a character. */
static int read_sep(struct bytes line, char *delimiter, struct error *error)
{
	line = bytes_trim(line, "\"");
	if (line.len < 4 || strncasecmp(line.data, "sep=", 4) != 0)
		return 0;
	if (line.len != 5 ||
		(!ispunct((unsigned char)line.data[4]) &&
			line.data[4] != '\t') ||
		strchr("\"@.", line.data[4]))
		return error_set(error, ERR_BAD,
			"found the line \"%.*s\", expected sep= and one "
			"character that separates the fields",
			line.len > 40 ? 40 : (int)line.len, line.data);
	*delimiter = line.data[4];
	return 1;
}

/* Skips the lines that other programs write first: sep= of Excel, #TYPE of
 * PowerShell 5. */
static int skip_lines(struct bytes *rest, struct csvstart *start,
	char *delimiter, struct error *error)
{
	for (;;) {
		struct bytes next = *rest;
		struct bytes line = cut_line(&next);
		int result = read_sep(line, delimiter, error);

		if (result < 0)
			return result;
		if (!result && !bytes_take(&line, "#TYPE ") &&
			!bytes_take(&line, "\"#TYPE "))
			return 0;
		start->skip += (size_t)(next.data - rest->data);
		start->lines++;
		*rest = next;
	}
}

/* Removes the next field from a row, without its quotes. Returns false after
 * the last one. */
static bool next_field(
	struct bytes *row, char delimiter, struct bytes *field, bool *more)
{
	size_t i = 0;
	bool quoted = false;

	if (!*more)
		return false;
	for (; i < row->len && (quoted || row->data[i] != delimiter); i++)
		if (row->data[i] == '"')
			quoted = !quoted;
	*field = bytes_trim((struct bytes){ row->data, i }, BYTES_BLANKS);
	*field = bytes_trim(*field, "\"");
	*more = i < row->len;
	row->data += i + *more;
	row->len -= i + *more;
	return true;
}

static bool has_columns(struct bytes row, char delimiter,
	const struct csvstart_columns *columns)
{
	struct bytes field;
	bool source = false;
	bool target = false;
	bool more = true;

	while (next_field(&row, delimiter, &field, &more)) {
		source = source || csvstart_is_source(field, columns->source);
		target = target || csvstart_is_target(field, columns->target);
	}
	return source && target;
}

static size_t count(struct bytes row, char delimiter)
{
	bool quoted = false;
	size_t found = 0;

	for (size_t i = 0; i < row.len; i++) {
		if (row.data[i] == '"')
			quoted = !quoted;
		found += !quoted && row.data[i] == delimiter;
	}
	return found;
}

/* Returns the delimiter of the header row, or 0 if it shows none. */
static char find_delimiter(
	struct bytes row, const struct csvstart_columns *columns)
{
	char best = 0;
	size_t most = 0;

	for (size_t i = 0; i < sizeof candidates; i++)
		if (has_columns(row, candidates[i], columns))
			return candidates[i];
	for (size_t i = 0; i < sizeof candidates; i++) {
		size_t found = count(row, candidates[i]);

		if (found > most) {
			most = found;
			best = candidates[i];
		}
	}
	return best;
}

int csvstart_read(const char *data, size_t len, char delimiter,
	const struct csvstart_columns *columns, struct csvstart *start,
	struct error *error)
{
	struct bytes rest = { data, len };
	struct bytes row = { "", 0 };
	char found = 0;
	int result = refuse_format(data, len, error);

	*start = (struct csvstart){ 0 };
	if (result < 0)
		return result;
	if (bytes_take(&rest, "\xef\xbb\xbf"))
		start->skip = 3;
	result = skip_lines(&rest, start, &found, error);
	if (result < 0)
		return result;
	while (rest.len && !precis_trim(row).len)
		row = cut_line(&rest);
	if (!delimiter && !found)
		found = find_delimiter(row, columns);
	start->delimiter = delimiter ? delimiter : found ? found : ';';
	start->found = !delimiter && found;
	return 0;
}

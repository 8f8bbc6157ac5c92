#include "csv/csvfile.h"

#include <csv.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "csv/csvheader.h"
#include "csv/duplicates.h"
#include "base/precis.h"
#include "rules/rowsort.h"
#include "rules/ruletarget.h"

#define CHUNK	   ((size_t)256 * 1024)
#define FIRST_ROWS ((size_t)1024)
/* A longer field is an error. This also limits what libcsv holds when a quote
 * is never closed. */
#define FIELD_MAX   ((size_t)64 * 1024)
#define COLUMNS_MAX 1024

struct reader {
	struct csv_parser parser;
	const struct csvfile_options *options;
	struct arena *arena;
	struct csverror *errors;
	struct row *rows;
	size_t count;
	size_t room;

	uint32_t line;	   /* the current line of the parser */
	uint32_t row_line; /* the line where the current row began */
	bool after_cr;	   /* a CR was read, and LF must follow */
	uint32_t cr_line;  /* the line of the last CR without LF */
	bool past_header;
	bool stopped; /* the rest is not read, because an error was noted that
			 makes it meaningless */
	int failure;  /* ERR_NOMEM: reading stops */

	struct csvheader header;
	char delimiter;
	struct bytes *columns; /* COLUMNS_MAX fields of the header row */

	unsigned fields; /* the number of fields of the current row */
	bool row_bad;	 /* an error in the row was noted */
	bool row_filled; /* a field of the row is not empty */
	unsigned filled; /* the number of columns up to the last one that is not
			    empty */
	bool row_more;	 /* another field than source and target is not empty */
	size_t len[2];
	char field[2][FIELD_MAX];
};

static void note(struct reader *reader, const char *text)
{
	reader->row_bad = true;
	csverror_add(reader->errors, reader->row_line, "%s", text);
}

/* Notes a field that is longer than FIELD_MAX or never ends. line is where it
 * begins. */
static void note_endless(struct reader *reader, uint32_t line, bool quoted)
{
	reader->stopped = true;
	csverror_add(reader->errors, line, "%s",
		quoted ? "a field begins with a quote here that is never "
			 "closed; write a quote at the end of the field, or "
			 "remove this one"
		       : "found a field of more than 65536 bytes, expected an "
			 "address; check whether a delimiter or a line break "
			 "is missing in this line");
}

static void expect_no_cr(struct reader *reader)
{
	if (!reader->after_cr)
		return;
	reader->after_cr = false;
	if (reader->cr_line == reader->line)
		return;
	reader->cr_line = reader->line;
	csverror_add(reader->errors, reader->line,
		"found a carriage return without a line feed; end each line "
		"with LF or CRLF");
}

static bool is_plain(const char *data, size_t len)
{
	unsigned char odd = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		odd |= (unsigned char)((c < ' ') | (c >> 7));
	}
	return !odd;
}

/* Notes what no field may contain, in any table. */
static void check_odd_field(
	struct reader *reader, const char *name, const char *data, size_t len)
{
	const char *what = NULL;

	if (reader->row_bad)
		return;
	if (memchr(data, '\0', len))
		what = "contains a NUL byte";
	else if (memchr(data, '\n', len) || memchr(data, '\r', len))
		what = "contains a line break; check that its opening quote is "
		       "closed in the same line";
	else if (!address_utf8_valid(data, len))
		what = "is not UTF-8; save the file as CSV in UTF-8";
	if (!what)
		return;
	reader->row_bad = true;
	csverror_add(reader->errors, reader->row_line, "%s %s", name, what);
}

/* Keeps a field of the header row. */
static void keep_column(struct reader *reader, const char *data, size_t len)
{
	char *copy;

	if (reader->fields >= COLUMNS_MAX)
		return;
	check_odd_field(
		reader, reader->fields ? "target" : "source", data, len);
	copy = arena_bytes(reader->arena, len + 1);
	if (!copy) {
		reader->failure = ERR_NOMEM;
		return;
	}
	if (len)
		memcpy(copy, data, len);
	reader->columns[reader->fields] = (struct bytes){ copy, len };
}

/* Keeps one of the two fields that make a rule. */
static void keep_field(
	struct reader *reader, unsigned which, const char *data, size_t len)
{
	if (len > FIELD_MAX) {
		note_endless(reader, reader->row_line,
			memchr(data, '\n', len) != NULL);
		return;
	}
	if (!is_plain(data, len))
		check_odd_field(reader, which ? "target" : "source", data, len);
	if (len)
		memcpy(reader->field[which], data, len);
	reader->len[which] = len;
}

static bool is_filled(const char *data, size_t len)
{
	return precis_trim((struct bytes){ data, len }).len > 0;
}

static void on_field(void *data, size_t len, void *context)
{
	struct reader *reader = context;
	const char *text = data;
	unsigned at = reader->fields;

	if (reader->stopped || reader->failure)
		return;
	if (reader->after_cr)
		expect_no_cr(reader);
	if (!at)
		reader->row_line = reader->line;
	if (!is_plain(text, len))
		for (size_t i = 0; i < len; i++)
			reader->line += text[i] == '\n';
	if (!reader->past_header) {
		keep_column(reader, text, len);
	} else {
		bool filled =
			(!reader->row_filled || at > 1) && is_filled(text, len);

		reader->row_filled = reader->row_filled || filled;
		if (filled)
			reader->filled = at + 1;
		if (at == reader->header.source)
			keep_field(reader, 0, text, len);
		if (at == reader->header.target)
			keep_field(reader, 1, text, len);
		if (at != reader->header.source && at != reader->header.target)
			reader->row_more = reader->row_more || filled;
	}
	reader->fields++;
}

static struct bytes field(const struct reader *reader, unsigned i)
{
	return (struct bytes){ reader->field[i], reader->len[i] };
}

static void take_header(struct reader *reader)
{
	unsigned count =
		reader->fields < COLUMNS_MAX ? reader->fields : COLUMNS_MAX;
	struct error error;

	reader->past_header = true;
	if (!reader->row_bad &&
		!csvheader_read(&reader->header, reader->columns, count,
			reader->delimiter, &reader->options->columns, &error))
		return;
	reader->stopped = true;
	if (!reader->row_bad)
		note(reader, error.text);
}

static bool make_room(struct reader *reader)
{
	size_t room = reader->room ? reader->room * 2 : FIRST_ROWS;
	struct row *rows;

	if (reader->count < reader->room)
		return true;
	rows = reallocarray(reader->rows, room, sizeof *rows);
	if (!rows)
		return false;
	reader->rows = rows;
	reader->room = room;
	return true;
}

/* Returns advice for a row with too few or too many columns. */
static const char *advise(const struct reader *reader)
{
	struct bytes first = field(reader, 0);

	if (reader->fields > 2)
		return reader->delimiter == ','
			       ? "; a comma begins the next column: write "
				 "several targets in one field in quotes, like "
				 "\"b@x.example,c@x.example\""
			       : "; write several targets in one field, "
				 "separated by commas";
	if (first.len && memchr(first.data, reader->delimiter, first.len))
		return "; the whole row is one field: remove the quotes around "
		       "it";
	if (first.len && (memchr(first.data, ';', first.len) ||
				 memchr(first.data, ',', first.len) ||
				 memchr(first.data, '\t', first.len)))
		return "; this row has another delimiter than the header row";
	return "";
}

/* Checks the number of columns. A row may be shorter than the header row,
 * because some programs leave out empty fields at its end. It may be longer by
 * empty fields, which other programs write if a column was ever formatted. */
static bool check_width(struct reader *reader)
{
	const struct csvheader *header = &reader->header;
	bool named = reader->options->columns.source;
	unsigned needed = (header->source > header->target ? header->source
							   : header->target) +
			  1;
	unsigned width = reader->fields;
	char buffer[8];

	if (width >= needed && reader->filled <= header->width &&
		(named || !reader->row_more))
		return true;
	if (width >= needed)
		width = reader->filled;
	if (!named)
		csverror_add(reader->errors, reader->row_line,
			"found %u column%s, expected 2: Source%sTarget%s",
			width, width == 1 ? "" : "s",
			csvstart_delimiter_text(reader->delimiter, buffer),
			advise(reader));
	else
		csverror_add(reader->errors, reader->row_line,
			"found %u column%s, but the header row has %u%s", width,
			width == 1 ? "" : "s", header->width,
			width > header->width ? "; write a field that contains "
						"the delimiter in quotes"
					      : "");
	return false;
}

/* Removes "smtp:" before an address, and before each of several. */
static void drop_prefixes(struct reader *reader, unsigned which)
{
	static const char prefix[] = "smtp:";
	const size_t size = sizeof prefix - 1;
	char *text = reader->field[which];
	size_t used = 0;
	bool quoted = false;
	bool begins = true;

	for (size_t i = 0; i < reader->len[which]; i++) {
		if (begins && reader->len[which] - i > size &&
			!strncasecmp(text + i, prefix, size))
			i += size;
		if (text[i] == '"')
			quoted = !quoted;
		begins = (begins && (text[i] == ' ' || text[i] == '\t')) ||
			 (text[i] == ',' && !quoted);
		text[used++] = text[i];
	}
	reader->len[which] = used;
}

static void take_row(struct reader *reader)
{
	const struct csvfile_options *options = reader->options;
	struct row *row;
	const char *why = NULL;
	struct error error;
	int result;

	if (reader->row_bad || !reader->row_filled || !check_width(reader))
		return;
	if (!make_room(reader)) {
		reader->failure = ERR_NOMEM;
		return;
	}
	drop_prefixes(reader, 0);
	if (options->table != RULE_ROUTES)
		drop_prefixes(reader, 1);
	row = &reader->rows[reader->count];
	row->line = reader->row_line;
	result = rule_make(reader->arena, options->table, field(reader, 0),
		field(reader, 1), options->allow_utf8, &row->rule, &error);
	if (!result && options->refuse)
		why = options->refuse(options->context, &row->rule);
	if (why)
		note(reader, why);
	else if (!result)
		reader->count++;
	else if (result == ERR_BAD)
		note(reader, error.text);
	else
		reader->failure = result;
}

/* Called at the end of each row; c is the character that ended it, -1 at the
 * end of the file. With CSV_REPALL_NL it is called for empty lines, too, which
 * keeps the line number right. */
static void on_row(int c, void *context)
{
	struct reader *reader = context;

	if (reader->stopped || reader->failure)
		return;
	if (reader->fields) {
		if (reader->past_header)
			take_row(reader);
		else
			take_header(reader);
		reader->fields = 0;
		reader->row_bad = false;
		reader->row_filled = false;
		reader->filled = 0;
		reader->row_more = false;
		reader->len[0] = 0;
		reader->len[1] = 0;
	}
	if (c == '\r') {
		if (reader->after_cr)
			expect_no_cr(reader);
		reader->after_cr = true;
	} else if (c == '\n') {
		reader->after_cr = false;
		reader->line++;
	}
}

static void note_parse_error(struct reader *reader)
{
	const struct csv_parser *parser = &reader->parser;
	uint32_t opened = reader->line;
	uint32_t line = opened;

	reader->stopped = true;
	if (!parser->quoted) {
		csverror_add(reader->errors, line,
			"found a quote inside a field that does not begin with "
			"a quote; write such a field like \"\"\"john "
			"doe\"\"@a.example\"");
		return;
	}
	for (size_t i = 0; i < parser->entry_pos; i++)
		line += parser->entry_buf[i] == '\n';
	if (line == opened)
		csverror_add(reader->errors, line,
			"found text after the closing quote of a field; write "
			"quotes within a field like \"\"\"john "
			"doe\"\"@a.example\"");
	else
		csverror_add(reader->errors, line,
			"found text after the closing quote of the field that "
			"begins in line %u; check that its opening quote is "
			"closed in that line",
			opened);
}

static int parse_chunk(struct reader *reader, const char *data, size_t len)
{
	size_t done;

	done = csv_parse(&reader->parser, data, len, on_field, on_row, reader);
	if (reader->failure)
		return reader->failure;
	if (reader->stopped)
		return 0;
	if (done < len) {
		if (csv_error(&reader->parser) != CSV_EPARSE)
			return ERR_NOMEM;
		note_parse_error(reader);
	} else if (reader->parser.entry_pos > FIELD_MAX) {
		note_endless(reader, reader->line, reader->parser.quoted);
	}
	return 0;
}

static int parse_end(struct reader *reader)
{
	char buffer[8];

	if (reader->stopped)
		return 0;
	if (csv_fini(&reader->parser, on_field, on_row, reader) < 0) {
		note_endless(reader, reader->line, true);
		return 0;
	}
	if (reader->after_cr)
		expect_no_cr(reader);
	if (!reader->past_header && !reader->failure)
		csverror_add(reader->errors, reader->line,
			"the file is empty, expected the header row "
			"\"Source%sTarget\"",
			csvstart_delimiter_text(reader->delimiter, buffer));
	return reader->failure;
}

/* Checks the beginning of the file. Returns how much of it comes before the
 * header row. If a CSV file cannot begin like this, notes an error and stops
 * reading. */
static size_t check_start(struct reader *reader, const char *data, size_t len)
{
	const struct csvfile_options *options = reader->options;
	struct csvstart start;
	struct error error;
	char name[8];

	if (csvstart_read(data, len, options->delimiter, &options->columns,
		    &start, &error)) {
		reader->stopped = true;
		csverror_add(reader->errors, 1, "%s", error.text);
		return 0;
	}
	reader->delimiter = start.delimiter;
	reader->line += start.lines;
	csv_set_delim(&reader->parser, (unsigned char)start.delimiter);
	if (start.found && options->say) {
		(void)error_set(&error, 0, "%s: the delimiter is %s",
			options->name,
			csvstart_delimiter_name(start.delimiter, name));
		options->say(options->context, error.text);
	}
	return start.skip;
}

static int read_all(struct reader *reader, FILE *file, struct error *error)
{
	const struct csvfile_options *options = reader->options;
	char *chunk = malloc(CHUNK);
	uint64_t bytes = 0;
	int result = chunk ? 0 : ERR_NOMEM;

	while (!result && !reader->stopped) {
		size_t got = fread(chunk, 1, CHUNK, file);
		size_t skip = bytes ? 0 : check_start(reader, chunk, got);

		bytes += got;
		if (!reader->stopped)
			result = parse_chunk(reader, chunk + skip, got - skip);
		if (options->progress)
			options->progress(
				options->context, bytes, reader->count);
		if (got == CHUNK)
			continue;
		if (ferror(file))
			result = error_set_errno(error, "%s", options->name);
		else if (!result)
			result = parse_end(reader);
		break;
	}
	free(chunk);
	return result == ERR_NOMEM || result >= 0 ? result : ERR_IO;
}

static int finish(struct reader *reader, struct rows *out, struct error *error)
{
	const struct csvfile_options *options = reader->options;
	uint64_t errors;
	int result = rowsort(reader->rows, reader->count);

	if (result < 0)
		return result;
	duplicates_drop(reader->rows, reader->count, reader->errors, out);
	errors = csverror_complain(reader->errors, options->name,
		options->complain, options->context);
	if (errors)
		return error_set(error, ERR_BAD,
			"%s: %" PRIu64 " error%s, nothing was changed",
			options->name, errors, errors == 1 ? "" : "s");
	out->rows = reader->rows;
	reader->rows = NULL;
	return 0;
}

int csvfile_read(FILE *file, const struct csvfile_options *options,
	struct arena *arena, struct rows *rows, struct error *error)
{
	struct reader *reader = malloc(sizeof *reader);
	int result = ERR_NOMEM;

	memset(rows, 0, sizeof *rows);
	if (!reader)
		goto out;
	memset(reader, 0, offsetof(struct reader, field));
	reader->delimiter = options->delimiter ? options->delimiter : ';';
	reader->columns = calloc(COLUMNS_MAX, sizeof *reader->columns);
	reader->options = options;
	reader->arena = arena;
	reader->line = 1;
	(void)csv_init(
		&reader->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
	csv_set_blk_size(&reader->parser, 8192);
	reader->errors = csverror_open();
	if (!reader->errors || !reader->columns)
		goto out;
	result = read_all(reader, file, error);
	if (!result)
		result = finish(reader, rows, error);
out:
	if (result == ERR_NOMEM)
		(void)error_set(
			error, result, "%s: out of memory", options->name);
	if (reader) {
		csverror_close(reader->errors);
		csv_free(&reader->parser);
		free(reader->rows);
		free(reader->columns);
	}
	free(reader);
	return result;
}

/* Writes a field, in quotes if it needs them (RFC 4180). */
static int write_field(FILE *file, char delimiter, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == delimiter || c == '"' || c == '\r' || c == '\n')
			return csv_fwrite(file, text.data, text.len);
	}
	return fwrite(text.data, 1, text.len, file) == text.len ? 0 : EOF;
}

static int write_row(
	FILE *file, char delimiter, struct bytes source, struct bytes target)
{
	if (write_field(file, delimiter, source) == EOF ||
		putc(delimiter, file) == EOF ||
		write_field(file, delimiter, target) == EOF ||
		putc('\n', file) == EOF)
		return ERR_IO;
	return 0;
}

int csvfile_write_header(FILE *file, char delimiter)
{
	return write_row(
		file, delimiter, bytes_of("Source"), bytes_of("Target"));
}

int csvfile_write(FILE *file, char delimiter, const struct rule *rule)
{
	char source[ADDRESS_TEXT_MAX];
	size_t len = rule_source_text(rule->key, source);

	return write_row(file, delimiter, (struct bytes){ source, len },
		rule_value_targets(rule->value));
}

#include "csv/csvheader.h"

#include <stdio.h>

#include "base/precis.h"

#define SHOWN_MAX ((size_t)60)	/* bytes of a column in a message */
#define LIST_MAX  ((size_t)600) /* bytes of all columns in a message */

/* Writes a column for a message. Its bytes may be anything, even those of a
 * picture. */
static size_t show(struct bytes text, char *out, size_t size)
{
	size_t used = 0;

	text = precis_trim(text);
	while (text.len && used + 1 < size && used < SHOWN_MAX) {
		size_t len = precis_character(text);
		struct span odd;
		bool plain = len && text.data[0] >= ' ' && text.data[0] < 0x7f;

		if (!plain && len > 1 &&
			!precis_find((struct bytes){ text.data, len }, &odd) &&
			used + len < size) {
			memcpy(out + used, text.data, len);
			used += len;
		} else if (text.data[0] == '\t' && used + 5 < size) {
			memcpy(out + used, "<tab>", 5);
			used += 5;
		} else {
			out[used++] = plain ? text.data[0] : '?';
			len = len ? len : 1;
		}
		text.data += len;
		text.len -= len;
	}
	out[used] = '\0';
	return used;
}

/* Writes all columns for a message: "Name", "PrimarySmtpAddress", "Target". */
static void list(const struct bytes *row, unsigned count, char out[LIST_MAX])
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < count; i++) {
		char name[SHOWN_MAX + 5];

		(void)show(row[i], name, sizeof name);
		if (used + sizeof name + 20 >= LIST_MAX) {
			(void)snprintf(out + used, LIST_MAX - used,
				" and %u more", count - i);
			return;
		}
		used += (size_t)snprintf(out + used, LIST_MAX - used,
			"%s\"%s\"", i ? ", " : "", name);
	}
}

/* Writes the error with the first two columns of the row, unchanged. */
static int refuse(const struct bytes *row, unsigned count, char delimiter,
	const char *advice, struct error *error)
{
	char buffer[8];
	const char *between = csvstart_delimiter_text(delimiter, buffer);
	char found[2][SHOWN_MAX + 5] = { "", "" };
	char more[40] = "";

	for (unsigned i = 0; i < 2 && i < count; i++)
		(void)show(row[i], found[i], sizeof found[i]);
	if (count > 2)
		(void)snprintf(more, sizeof more, " and %u more column%s",
			count - 2, count == 3 ? "" : "s");
	return error_set(error, ERR_BAD,
		"found \"%s%s%s\"%s, expected the header row "
		"\"Source%sTarget\"%s",
		found[0], count > 1 ? between : "", found[1], more, between,
		advice);
}

/* Returns the delimiter between the columns that are both in one field, or 0 if
 * there is none. */
static char held_delimiter(struct bytes only)
{
	static const char delimiters[] = ";,\t|";

	for (const char *d = delimiters; *d; d++) {
		struct bytes rest = only;
		struct bytes first = bytes_cut(&rest, *d);

		if (csvstart_is_source(first, NULL) &&
			csvstart_is_target(bytes_cut(&rest, *d), NULL))
			return *d;
	}
	return '\0';
}

/* True if a column has a name that mail systems give it in what they export. */
static bool is_export(const struct bytes *row, unsigned count)
{
	static const char *const names[] = { "PrimarySmtpAddress",
		"EmailAddresses", "primaryEmail", "Email Address [Required]" };

	for (unsigned i = 0; i < count; i++)
		for (size_t n = 0; n < sizeof names / sizeof *names; n++)
			if (bytes_equal_nocase(
				    precis_trim(row[i]), bytes_of(names[n])))
				return true;
	return false;
}

/* True if text begins like an LDIF file (RFC 2849). */
static bool is_ldif(struct bytes text)
{
	static const char *const begins[] = { "dn:", "version:" };

	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
		size_t len = strlen(begins[i]);

		if (text.len >= len && !strncasecmp(text.data, begins[i], len))
			return true;
	}
	return false;
}

/* True if text is like a line of virtual(5), "bob@old.example
 * bob@new.example". */
static bool is_pair(struct bytes text)
{
	struct bytes rest = precis_trim(text);
	struct bytes first = bytes_cut(&rest,
		rest.len && memchr(rest.data, '\t', rest.len) ? '\t' : ' ');

	return first.len && rest.len && memchr(first.data, '@', first.len) &&
	       memchr(rest.data, '@', rest.len);
}

/* Refuses a header row that has other names than Source and Target, and says
 * what the row may be. */
static int refuse_plain(const struct bytes *row, unsigned count, char delimiter,
	struct error *error)
{
	bool source = false;
	bool target = false;
	char held;

	for (unsigned i = 0; i < count; i++) {
		source = source || csvstart_is_source(row[i], NULL);
		target = target || csvstart_is_target(row[i], NULL);
	}
	held = count == 1 ? held_delimiter(row[0]) : '\0';
	if (held)
		return refuse(row, count, delimiter,
			held == delimiter
				? "; the whole row is one field: remove the "
				  "quotes around each row"
				: "; the whole row is one field: remove the "
				  "quotes around each row, remove the line "
				  "sep=, or leave out --delimiter",
			error);
	if (source && target)
		return refuse(row, count, delimiter,
			"; use `--columns Source,Target` to read these two "
			"columns of a wider file",
			error);
	if (is_export(row, count))
		return refuse(row, count, delimiter,
			"; this is what Exchange or Google exports: `readdress "
			"convert --domain DOMAIN FILE` makes rules of it, and "
			"--columns names two of its columns",
			error);
	if (is_ldif(row[0]))
		return refuse(row, count, delimiter,
			"; this is LDIF, not CSV: `readdress convert` makes "
			"rules of it",
			error);
	if (count == 1 && is_pair(row[0]))
		return refuse(row, count, delimiter,
			"; `readdress convert` makes rules of a Postfix table",
			error);
	for (unsigned i = 0; i < count; i++)
		if (row[i].len && memchr(row[i].data, '@', row[i].len))
			return refuse(row, count, delimiter,
				"; the first row must name the columns", error);
	return refuse(row, count, delimiter,
		count > 1 ? "; use --columns to name the two columns of a file "
			    "with other names"
			  : "",
		error);
}

/* Returns the column with this name; -1 if there is none, -2 if there are
 * several. */
static int find(const struct bytes *row, unsigned count, const char *name,
	bool (*is)(struct bytes text, const char *wanted))
{
	int found = -1;

	for (unsigned i = 0; i < count; i++) {
		if (!is(row[i], name))
			continue;
		if (found >= 0)
			return -2;
		found = (int)i;
	}
	return found;
}

static int refuse_column(const struct bytes *row, unsigned count,
	const char *name, int found, struct error *error)
{
	char columns[LIST_MAX];

	list(row, count, columns);
	return error_set(error, ERR_BAD, "%s \"%s\"; the columns are: %s",
		found == -1 ? "found no column" : "found more than one column",
		name, columns);
}

int csvheader_read(struct csvheader *header, const struct bytes *row,
	unsigned count, char delimiter, const struct csvstart_columns *wanted,
	struct error *error)
{
	unsigned named = count;
	int source;
	int target;

	header->width = count;
	if (!wanted->source) {
		while (named > 2 && !precis_trim(row[named - 1]).len)
			named--;
		if (named != 2 || !csvstart_is_source(row[0], NULL) ||
			!csvstart_is_target(row[1], NULL))
			return refuse_plain(row, named, delimiter, error);
		header->source = 0;
		header->target = 1;
		return 0;
	}
	source = find(row, count, wanted->source, csvstart_is_source);
	if (source < 0)
		return refuse_column(row, count, wanted->source, source, error);
	target = find(row, count, wanted->target, csvstart_is_target);
	if (target < 0)
		return refuse_column(row, count, wanted->target, target, error);
	header->source = (unsigned)source;
	header->target = (unsigned)target;
	return 0;
}

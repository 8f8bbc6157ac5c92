#include "csvheader.h"

#include <stdio.h>

#define SHOWN_MAX ((size_t)60) /* octets of a column in a message */

static bool is_name(struct bytes text, const char *a, const char *b)
{
	text = bytes_trim(text, BYTES_BLANKS);
	return bytes_equal_nocase(text, bytes_of(a)) ||
	       bytes_equal_nocase(text, bytes_of(b));
}

static const char *guess_delimiter(struct bytes only)
{
	if (memchr(only.data, ',', only.len))
		return "; the delimiter seems to be a comma: --delimiter ,";
	if (memchr(only.data, '\t', only.len))
		return "; the delimiter seems to be a tab: "
		       "--delimiter \"$(printf '\\t')\"";
	if (memchr(only.data, ';', only.len))
		return "; the delimiter seems to be a semicolon: "
		       "--delimiter ';'";
	return "";
}

/* It may be anything, a picture too. */
static void show(struct bytes text, char out[SHOWN_MAX + 1])
{
	size_t i;

	for (i = 0; i < text.len && i < SHOWN_MAX; i++)
		out[i] = text.data[i] < ' ' || text.data[i] > '~'
				 ? '?'
				 : text.data[i];
	out[i] = '\0';
}

int csvheader_check(const struct bytes columns[2], unsigned count,
	char delimiter, struct error *error)
{
	const char between[2] = { delimiter, '\0' };
	char found[2][SHOWN_MAX + 1] = { "", "" };
	char more[40] = "";

	if (count == 2 && is_name(columns[0], "Source", "SourceEmail") &&
		is_name(columns[1], "Target", "TargetEmail"))
		return 0;
	for (unsigned i = 0; i < 2 && i < count; i++)
		show(columns[i], found[i]);
	if (count > 2)
		(void)snprintf(
			more, sizeof more, " and %u more columns", count - 2);
	return error_set(error, ERR_BAD,
		"found \"%s%s%s\"%s, expected the header row "
		"\"Source%cTarget\"%s",
		found[0], count > 1 ? between : "", found[1], more, delimiter,
		count == 1 ? guess_delimiter(columns[0]) : "");
}

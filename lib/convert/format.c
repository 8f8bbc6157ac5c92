#include "convert/format.h"

#include "convert/columns.h"
#include "convert/exchange.h"
#include "convert/google.h"
#include "convert/ldif.h"
#include "convert/postfixmap.h"
#include "convert/sheet.h"

static const struct {
	const char *option;
	const char *name;
} names[FORMATS] = {
	[FORMAT_FOUND] = { "", "" },
	[FORMAT_EXCHANGE] = { "exchange", "Exchange" },
	[FORMAT_GOOGLE] = { "google", "Google" },
	[FORMAT_LDIF] = { "ldif", "LDIF" },
	[FORMAT_POSTFIX] = { "postfix", "a Postfix table" },
	[FORMAT_CSV] = { "csv", "CSV" },
};

const char *format_option(enum format format)
{
	return names[format].option;
}

const char *format_name(enum format format)
{
	return names[format].name;
}

int format_of(const char *name)
{
	for (int i = FORMAT_EXCHANGE; i < FORMATS; i++)
		if (!strcmp(names[i].option, name))
			return i;
	return -1;
}

/* Returns the format that the header row shows, or FORMAT_FOUND. */
static enum format sheet_format(const struct sheet *sheet)
{
	if (exchange_is_rewrite(sheet) || exchange_is_mailboxes(sheet))
		return FORMAT_EXCHANGE;
	if (google_is(sheet))
		return FORMAT_GOOGLE;
	for (unsigned i = 0; i < sheet->width; i++)
		if (csvstart_is_source(sheet->header[i], NULL))
			return FORMAT_CSV;
	return FORMAT_FOUND;
}

static int not_that(enum format format, struct bytes text, struct error *error)
{
	struct bytes line = bytes_cut(&text, '\n');

	line = bytes_trim(line, BYTES_FWS);
	if (format != FORMAT_FOUND)
		return error_set(error, ERR_BAD,
			"1: found \"%.*s\", which is not the beginning of an "
			"export of %s; leave out --from to have the format "
			"found",
			line.len > 80 ? 80 : (int)line.len, line.data,
			names[format].name);
	return error_set(error, ERR_BAD,
		"1: found \"%.*s\", which is not the beginning of any format "
		"that convert knows; name the two columns of a CSV file with "
		"--columns SOURCE,TARGET",
		line.len > 80 ? 80 : (int)line.len, line.data);
}

static int read_sheet(enum format *format, struct sheet *sheet,
	struct bytes text, const struct csvstart_columns *columns,
	bool outbound, struct records *records, struct error *error)
{
	enum format found = columns->source ? FORMAT_CSV : sheet_format(sheet);

	if (*format == FORMAT_CSV)
		found = FORMAT_CSV;
	if (found == FORMAT_FOUND ||
		(*format != FORMAT_FOUND && *format != found))
		return not_that(*format, text, error);
	*format = found;
	if (found == FORMAT_CSV)
		return columns_read(sheet, columns, outbound, records, error);
	if (found == FORMAT_GOOGLE)
		return google_read(sheet, records, error);
	return exchange_is_rewrite(sheet)
		       ? exchange_read_rewrite(sheet, outbound, records, error)
		       : exchange_read_mailboxes(sheet, records, error);
}

int format_read(enum format *format, struct bytes text,
	const struct csvstart_columns *columns, bool outbound,
	struct records *records, struct error *error)
{
	struct sheet sheet;
	bool any = *format == FORMAT_FOUND && !columns->source;
	int result;

	if (*format == FORMAT_LDIF || (any && ldif_is(text))) {
		*format = FORMAT_LDIF;
		return ldif_is(text) ? ldif_read(text, records, error)
				     : not_that(FORMAT_LDIF, text, error);
	}
	if (*format == FORMAT_POSTFIX) {
		return postfixmap_read(text, records, error);
	}
	result = sheet_open(&sheet, text, columns, records->arena, error);
	/* A Postfix table is no CSV, but may look like one that is broken. */
	if (any &&
		(result == ERR_BAD ||
			(!result && sheet_format(&sheet) == FORMAT_FOUND)) &&
		postfixmap_is(text)) {
		*format = FORMAT_POSTFIX;
		return postfixmap_read(text, records, error);
	}
	return result ? result
		      : read_sheet(format, &sheet, text, columns, outbound,
				records, error);
}

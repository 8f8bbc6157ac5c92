/*
 * format: finds out what program made an export, and reads it. Tested by
 * tests/unit/convert/test_convert.c and tests/e2e/convert.test.
 */
#ifndef READDRESS_CONVERT_FORMAT_H
#define READDRESS_CONVERT_FORMAT_H

#include "convert/record.h"
#include "csv/csvstart.h"

enum format {
	FORMAT_FOUND, /* it is found from the text */
	FORMAT_EXCHANGE,
	FORMAT_GOOGLE,
	FORMAT_LDIF,
	FORMAT_POSTFIX,
	FORMAT_CSV,
	FORMATS
};

/* Returns the name of a format for option --from, such as "exchange", or one
 * for messages, such as "Exchange": static strings. */
const char *format_option(enum format format);
const char *format_name(enum format format);

/* Returns the format with this name of option --from, or -1. */
int format_of(const char *name);

/*
 * Reads an export, which is UTF-8 without a byte order mark. *format is
 * FORMAT_FOUND, or the format that the text must have; it becomes what was
 * read. columns are for FORMAT_CSV, which they mean. outbound is for exports
 * that hold pairs (exchange.h, columns.h). Returns 0; ERR_BAD with a text that
 * begins with the line, also if the text has another format or none that is
 * known; or ERR_NOMEM.
 */
int format_read(enum format *format, struct bytes text,
	const struct csvstart_columns *columns, bool outbound,
	struct records *records, struct error *error) MUST_CHECK;

#endif

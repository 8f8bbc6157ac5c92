/*
 * sheet: an export as CSV, with a header row that names its columns. Tested by
 * tests/unit/convert/test_convert.c.
 */
#ifndef READDRESS_CONVERT_SHEET_H
#define READDRESS_CONVERT_SHEET_H

#include "convert/record.h"
#include "csv/csvrow.h"
#include "csv/csvstart.h"

struct sheet {
	struct csvrow row; /* the current one */
	struct bytes *header;
	unsigned width; /* the number of columns in the header row */
};

/* Opens a sheet: finds its delimiter, skips the lines that other programs write
 * first (csvstart.h), and reads the header row. text is UTF-8 without a mark.
 * Returns 0; ERR_BAD with a text if it is no CSV or has no header row;
 * ERR_NOMEM. */
int sheet_open(struct sheet *sheet, struct bytes text,
	const struct csvstart_columns *columns, struct arena *arena,
	struct error *error) MUST_CHECK;

/* Returns the column with this name, in upper or lower case; -1 if there is
 * none. */
int sheet_find(const struct sheet *sheet, const char *name);

/* True if the column's name is this, or this and then "." and a number, as GAM
 * writes lists. */
bool sheet_is_list(
	const struct sheet *sheet, unsigned column, const char *name);

/* Returns a field of the current row; an empty one if column is -1 or the row
 * is too short. */
struct bytes sheet_field(const struct sheet *sheet, int column);

/* Refuses a field that holds the name of a type of .NET in place of values, as
 * Export-Csv writes lists that were not joined. Returns 0 or ERR_BAD. */
int sheet_check_joined(
	const struct sheet *sheet, int column, struct error *error) MUST_CHECK;

#endif

/*
 * csvheader: finds the source and target columns in the header row. Tested by
 * tests/unit/csv/test_csvfile.c.
 */
#ifndef READDRESS_CSV_CSVHEADER_H
#define READDRESS_CSV_CSVHEADER_H

#include "csv/csvstart.h"
#include "base/error.h"

struct csvheader {
	unsigned source; /* the column, 0 is the first */
	unsigned target;
	unsigned width; /* the number of columns in the header row */
};

/*
 * Reads the header row: count columns. If wanted has no names, the row must be
 * "Source;Target" (or SourceEmail and TargetEmail), in any case and with blanks
 * around the names; empty columns may follow, as Excel writes them. If wanted
 * has names, the row may have any columns in any order, but each wanted one
 * exactly once. Returns 0, or ERR_BAD with what was found, what was expected,
 * and the option to use.
 */
int csvheader_read(struct csvheader *header, const struct bytes *row,
	unsigned count, char delimiter, const struct csvstart_columns *wanted,
	struct error *error) MUST_CHECK;

#endif

/*
 * csvheader: which columns of the header row are source and target?
 */
#ifndef READDRESS_CSV_CSVHEADER_H
#define READDRESS_CSV_CSVHEADER_H

#include "csv/csvstart.h"
#include "base/error.h"

struct csvheader {
	unsigned source; /* which column, 0 the first */
	unsigned target;
	unsigned width; /* how many columns the header has */
};

/*
 * row: the columns of the header row, count of them. Without wanted names it is
 * "Source;Target", in any case, with blanks around the names (SourceEmail and
 * TargetEmail, too), and empty columns behind them, as Excel writes. With names
 * it may have any columns, in any order, each wanted one once.
 * Returns 0, or ERR_BAD with what was found, what was expected, and the option
 * to use.
 */
int csvheader_read(struct csvheader *header, const struct bytes *row,
	unsigned count, char delimiter, const struct csvstart_columns *wanted,
	struct error *error) MUST_CHECK;

#endif

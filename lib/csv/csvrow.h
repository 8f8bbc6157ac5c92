/*
 * csvrow: reads any CSV in memory row by row (RFC 4180), whatever its columns.
 * Rules are read by csvfile.h, which names each error of a row; this room is
 * for the exports of other programs. Tested by tests/unit/csv/test_csvrow.c.
 */
#ifndef READDRESS_CSV_CSVROW_H
#define READDRESS_CSV_CSVROW_H

#include "base/arena.h"
#include "base/error.h"

#define CSVROW_COLUMNS 1024 /* of a row at most */

struct csvrow {
	struct bytes rest; /* what is not read yet */
	char delimiter;
	uint32_t line; /* of the file, where the next row begins; 1 is the
			  first */
	/* The row that was read. */
	uint32_t row_line;
	unsigned count;
	struct bytes fields[CSVROW_COLUMNS];
};

/*
 * Reads the next row that is not an empty line into fields. A field in quotes
 * may hold delimiters, line breaks and doubled quotes; its bytes are in the
 * text or, if quotes were doubled, in arena. Lines end in LF, CRLF or CR.
 * Returns 1; 0 at the end; ERR_BAD with a text that names the line if a quote
 * is not closed, if text follows a closing quote, or if there are too many
 * columns; ERR_NOMEM.
 */
int csvrow_next(struct csvrow *row, struct arena *arena,
	struct error *error) MUST_CHECK;

#endif

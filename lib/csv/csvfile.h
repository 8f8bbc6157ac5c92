/*
 * csvfile: reads "Source;Target" files (quotes as in RFC 4180) with libcsv into
 * rules, and writes rules. The only file that includes csv.h of libcsv.
 */
#ifndef READDRESS_CSV_CSVFILE_H
#define READDRESS_CSV_CSVFILE_H

/*
 * The wing csv/: reads rules from CSV files, and writes them.
 *
 *   csvstart    the beginning of a file: byte order mark, delimiter, header row
 *   csvheader   the columns for source and target
 *   csvrow      any CSV, row by row
 *   csverror    the errors of a file, in the order of its lines
 *   duplicates  rows with the same key
 */

#include <stdio.h>
#include <stdint.h>

#include "base/arena.h"
#include "csv/csverror.h"
#include "csv/csvstart.h"
#include "rules/row.h"

#define CSVFILE_ERRORS_SHOWN CSVERROR_SHOWN

struct csvfile_options {
	enum rule_table table;
	char delimiter; /* 0: found from the file, see csvstart.h */
	/* The columns of a wider file; both NULL: Source and Target alone. */
	struct csvstart_columns columns;
	bool allow_utf8;
	const char *name; /* the name of the file in messages: "users.csv" */
	/* Returns why a row that is correct is refused anyway, or NULL. The
	 * callback may be NULL. */
	const char *(*refuse)(void *context, const struct rule *rule);
	/* Called for each of the first CSVFILE_ERRORS_SHOWN errors with a line
	 * like "users.csv:17: ...", without a newline; may be NULL. */
	void (*complain)(void *context, const char *line);
	/* Called with a line that says which delimiter was found; may be
	 * NULL. */
	void (*say)(void *context, const char *line);
	/* Called from time to time with the number of bytes and rows that were
	 * read; may be NULL. */
	void (*progress)(void *context, uint64_t bytes, uint64_t rows);
	void *context;
};

/*
 * Reads the whole file. The prefix "smtp:" of Exchange before an address is
 * dropped, in upper or lower case. Rows with only empty fields are ignored. The
 * rules are made in arena. Returns 0 and *rows. Returns ERR_BAD when one or
 * more rows are bad, or when two rows with the same key differ; complain was
 * then called, and error has "N errors, nothing was changed". Returns ERR_IO or
 * ERR_NOMEM.
 */
int csvfile_read(FILE *file, const struct csvfile_options *options,
	struct arena *arena, struct rows *rows, struct error *error) MUST_CHECK;

/* Write the header row, and one row, with quotes where RFC 4180 requires them.
 * Lines end in LF. Return 0 or ERR_IO. */
int csvfile_write_header(FILE *file, char delimiter) MUST_CHECK;
int csvfile_write(
	FILE *file, char delimiter, const struct rule *rule) MUST_CHECK;

#endif

/*
 * csvfile: "Source;Target" files (RFC 4180 quotes) read with libcsv into rules,
 * and rules written back. The only file that includes libcsv's csv.h.
 */
#ifndef READDRESS_CSV_CSVFILE_H
#define READDRESS_CSV_CSVFILE_H

/*
 * The wing csv/: rules from CSV files, and back.
 *
 *   csvstart    the beginning of a file: byte order mark, delimiter, header row
 *   csvheader   the columns that hold source and target
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
	char delimiter;			 /* 0: the file tells, see csvstart.h */
	struct csvstart_columns columns; /* of a wider file; NULL, NULL: Source
					    and Target alone */
	bool allow_utf8;
	const char *name; /* for messages: "users.csv" */
	/* Why a good row is refused all the same, or NULL; may be NULL. */
	const char *(*refuse)(void *context, const struct rule *rule);
	/* Called for each of the first CSVFILE_ERRORS_SHOWN errors with a line
	 * "users.csv:17: ...", without newline. */
	void (*complain)(void *context, const char *line);
	/* Called with a line that says which delimiter was found; may be NULL.
	 */
	void (*say)(void *context, const char *line);
	/* Called now and then with the octets and rows read; may be NULL. */
	void (*progress)(void *context, uint64_t octets, uint64_t rows);
	void *context;
};

/*
 * Reads all of file. In front of an address the prefix "smtp:" of Exchange is
 * dropped, in any case. Rows of empty fields do not count. Rules go into arena.
 * Returns 0 and *rows; or ERR_BAD when a single row is bad or two rows with the
 * same key differ (all errors were complained of, error holds "N errors,
 * nothing was changed"); ERR_IO, ERR_NOMEM.
 */
int csvfile_read(FILE *file, const struct csvfile_options *options,
	struct arena *arena, struct rows *rows, struct error *error) MUST_CHECK;

/* The header row, and a row; quoted where RFC 4180 needs it. LF line ends.
 * Return 0 or ERR_IO. */
int csvfile_write_header(FILE *file, char delimiter) MUST_CHECK;
int csvfile_write(
	FILE *file, char delimiter, const struct rule *rule) MUST_CHECK;

#endif

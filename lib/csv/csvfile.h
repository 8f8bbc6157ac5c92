/*
 * csvfile: "Source;Target" files (RFC 4180 quotes) read with libcsv into rules,
 * and rules written back. The only file that includes libcsv's csv.h.
 */
#ifndef READDRESS_CSVFILE_H
#define READDRESS_CSVFILE_H

#include <stdio.h>
#include <stdint.h>

#include "base/arena.h"
#include "csv/csvstart.h"
#include "rules/rule.h"

#define CSVFILE_ERRORS_SHOWN 20

struct csvfile_row {
	struct rule rule; /* in the arena */
	uint32_t line;	  /* 1 is the file's first */
};

struct csvfile_rows {
	struct csvfile_row *rows; /* sorted by key, no key twice; free() it */
	size_t count;
	uint64_t repeated; /* rows that stood there twice, the same */
};

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
	struct arena *arena, struct csvfile_rows *rows,
	struct error *error) MUST_CHECK;

/* The header row, and a row; quoted where RFC 4180 needs it. LF line ends.
 * Return 0 or ERR_IO. */
int csvfile_write_header(FILE *file, char delimiter) MUST_CHECK;
int csvfile_write(
	FILE *file, char delimiter, const struct rule *rule) MUST_CHECK;

#endif

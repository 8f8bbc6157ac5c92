/*
 * csvstart: what a CSV file begins with: a byte order mark, the line of another
 * program, the header row, and the delimiter that can be told from them.
 */
#ifndef READDRESS_CSV_CSVSTART_H
#define READDRESS_CSV_CSVSTART_H

#include "base/error.h"

struct csvstart {
	size_t skip;	/* bytes before the header row: mark, sep=, #TYPE */
	unsigned lines; /* in them */
	char delimiter;
	bool found; /* the delimiter was told from the file */
};

/* What a file's columns are named; both NULL: Source and Target. */
struct csvstart_columns {
	const char *source;
	const char *target;
};

/*
 * data: the file's beginning, len bytes. delimiter: the one that was asked for,
 * 0 to find it: that of a line "sep=;", which Excel writes, else the one of
 * ; , tab | by which the header row falls into the columns, else the one of
 * them that the row holds most often, else ";". Returns 0; or ERR_BAD when the
 * file is no CSV in UTF-8, and the text says what it is.
 */
int csvstart_read(const char *data, size_t len, char delimiter,
	const struct csvstart_columns *columns, struct csvstart *start,
	struct error *error) MUST_CHECK;

/* True if text is a column's name: any case, blanks around it do not count.
 * wanted NULL: the one of Source and Target, SourceEmail and TargetEmail. */
bool csvstart_is_source(struct bytes text, const char *wanted);
bool csvstart_is_target(struct bytes text, const char *wanted);

/* "a comma", "a semicolon", "a tab", or the character in quotes. buffer has
 * room for 8 bytes. */
const char *csvstart_delimiter_name(char delimiter, char buffer[8]);

/* As it stands in a row that a message shows: "<tab>", or the character. */
const char *csvstart_delimiter_text(char delimiter, char buffer[8]);

#endif

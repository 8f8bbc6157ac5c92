/*
 * csvstart: the beginning of a CSV file: a byte order mark, lines of other
 * programs, the header row, and the delimiter that these show.
 */
#ifndef READDRESS_CSV_CSVSTART_H
#define READDRESS_CSV_CSVSTART_H

#include "base/error.h"

struct csvstart {
	size_t skip;	/* bytes before the header row: mark, sep=, #TYPE */
	unsigned lines; /* the number of lines in these bytes */
	char delimiter;
	bool found; /* the delimiter was found from the file */
};

/* The names of the two columns; both NULL: Source and Target. */
struct csvstart_columns {
	const char *source;
	const char *target;
};

/*
 * Reads the beginning of a file: len bytes of data. delimiter is the one that
 * the user gave, or 0 to find it: first in a line "sep=;", which Excel writes;
 * else the one of ; , tab | that splits the header row into the columns; else
 * the one of them that occurs most often in that row; else ";". Returns 0; or
 * ERR_BAD when the file is not CSV in UTF-8, and the error says what it is.
 */
int csvstart_read(const char *data, size_t len, char delimiter,
	const struct csvstart_columns *columns, struct csvstart *start,
	struct error *error) MUST_CHECK;

/* True if text is the name of the column. Case and blanks around it are
 * ignored. If wanted is NULL, the name is Source or SourceEmail, Target or
 * TargetEmail. */
bool csvstart_is_source(struct bytes text, const char *wanted);
bool csvstart_is_target(struct bytes text, const char *wanted);

/* Returns the name of a delimiter: "a comma", "a semicolon", "a tab", or the
 * character in quotes. buffer has room for 8 bytes. */
const char *csvstart_delimiter_name(char delimiter, char buffer[8]);

/* Returns a delimiter as a message shows it in a row: "<tab>", or the
 * character. */
const char *csvstart_delimiter_text(char delimiter, char buffer[8]);

#endif

/*
 * progress: one line on a terminal that tells how far long work is; nothing
 * where standard error is no terminal.
 */
#ifndef READDRESS_TOOL_PRINT_PROGRESS_H
#define READDRESS_TOOL_PRINT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool on;
	const char *what; /* "reading users.csv" */
	uint64_t started; /* all times: milliseconds of the monotonic clock */
	uint64_t drawn;
	int width; /* of the line that stands there now */
};

/* quiet: never show anything. */
void progress_init(struct progress *progress, bool quiet);

/* A new piece of work begins; what is kept, not copied. */
void progress_begin(struct progress *progress, const char *what);

/* done of total (0: not known), in whatever unit; and the rows so far. Draws at
 * most ten times a second, the first time after half a second. */
void progress_show(struct progress *progress, uint64_t done, uint64_t total,
	uint64_t rows);

/* Clears the line. */
void progress_end(struct progress *progress);

#endif

/*
 * progress: a line on the terminal that shows how far long work is. It shows
 * nothing if standard error is not a terminal. Tested by tests/e2e/tool.test.
 */
#ifndef READDRESS_TOOL_PRINT_PROGRESS_H
#define READDRESS_TOOL_PRINT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool on;
	const char *what; /* the work, such as "users.csv" or "writing" */
	uint64_t started; /* both times: milliseconds of the monotonic clock */
	uint64_t drawn;
	int width; /* of the line on the terminal now, in columns */
};

/* Prepares *progress. quiet: it never shows anything. */
void progress_init(struct progress *progress, bool quiet);

/* Begins a new piece of work. what is not copied, and must live until the next
 * one begins. */
void progress_begin(struct progress *progress, const char *what);

/* Shows the rows so far, and the time left from done of total, both in any one
 * unit; total 0: not known. Draws at most ten times a second, and not in the
 * first half second. */
void progress_show(struct progress *progress, uint64_t done, uint64_t total,
	uint64_t rows);

/* Clears the line. */
void progress_end(struct progress *progress);

#endif

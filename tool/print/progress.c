#include "print/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "print/terminal.h"

#define FIRST_MS 500
#define EVERY_MS 100

void progress_init(struct progress *progress, bool quiet)
{
	memset(progress, 0, sizeof *progress);
	progress->on = !quiet && isatty(STDERR_FILENO) == 1;
}

void progress_begin(struct progress *progress, const char *what)
{
	if (!progress->on)
		return;
	progress_end(progress);
	progress->what = what;
	progress->started = clock_ms();
	progress->drawn = 0;
}

void progress_show(
	struct progress *progress, uint64_t done, uint64_t total, uint64_t rows)
{
	char line[160];
	char left[48] = "";
	uint64_t now;
	uint64_t spent;
	int columns;
	int width;

	if (!progress->on)
		return;
	now = clock_ms();
	spent = now - progress->started;
	if (spent < FIRST_MS || now - progress->drawn < EVERY_MS)
		return;
	if (done && done < total)
		(void)snprintf(left, sizeof left, ", %.0f s left",
			(double)spent / 1000 * (double)(total - done) /
				(double)done);
	width = snprintf(line, sizeof line,
		"%.80s: %" PRIu64 " rows, %.0f rows/s%s", progress->what, rows,
		(double)rows * 1000 / (double)spent, left);
	columns = terminal_width(STDERR_FILENO);
	/* In the last column, some terminals begin a new line. */
	if (columns && width >= columns) {
		width = columns - 1;
		line[width] = '\0';
	}
	(void)fprintf(stderr, "\r%s%*s", line,
		progress->width > width ? progress->width - width : 0, "");
	(void)fflush(stderr);
	progress->width = width;
	progress->drawn = now;
}

void progress_end(struct progress *progress)
{
	if (!progress->on || !progress->width)
		return;
	(void)fprintf(stderr, "\r%*s\r", progress->width, "");
	(void)fflush(stderr);
	progress->width = 0;
}

#include "state/reloadlog.h"

#include <inttypes.h>
#include <stdio.h>

#include "state/state.h"

#define START	   "start: version "
#define GENERATION ", generation "
#define DIGEST	   ", digest "
#define RELOAD	   "reload: "
#define BEFORE	   "generation "
#define AFTER	   " -> "
#define FAILED	   "failed, generation "

void reloadlog_start(char line[RELOADLOG_LINE], const char *version,
	uint64_t generation, const char *rows, const char *digest)
{
	(void)snprintf(line, RELOADLOG_LINE,
		START "%s" GENERATION "%" PRIu64 ", %s" DIGEST "%s", version,
		generation, rows, digest);
}

void reloadlog_made(char line[RELOADLOG_LINE], uint64_t before, uint64_t after,
	const char *rows, const char *digest)
{
	(void)snprintf(line, RELOADLOG_LINE,
		RELOAD BEFORE "%" PRIu64 AFTER "%" PRIu64 ", %s" DIGEST "%s",
		before, after, rows, digest);
}

void reloadlog_failed(
	char line[RELOADLOG_LINE], uint64_t stays, const char *why)
{
	(void)snprintf(line, RELOADLOG_LINE,
		RELOAD FAILED "%" PRIu64 " stays: %s", stays, why);
}

static bool take_number(struct bytes *line, uint64_t *number)
{
	return bytes_number(line, STATE_DIGITS_MAX, number);
}

enum reloadlog_kind reloadlog_parse(struct bytes line, uint64_t *generation)
{
	uint64_t number = 0;

	*generation = 0;
	if (bytes_take(&line, START)) {
		(void)bytes_cut(&line, ','); /* the version */
		if (bytes_take(&line, &GENERATION[1]) &&
			take_number(&line, &number))
			*generation = number;
		return RELOADLOG_START;
	}
	if (!bytes_take(&line, RELOAD))
		return RELOADLOG_OTHER;
	if (bytes_take(&line, FAILED)) {
		if (take_number(&line, &number))
			*generation = number;
		return RELOADLOG_FAILED;
	}
	if (bytes_take(&line, BEFORE) && take_number(&line, &number) &&
		bytes_take(&line, AFTER) && take_number(&line, &number))
		*generation = number;
	return RELOADLOG_MADE;
}

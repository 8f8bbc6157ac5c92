#include "state/reloadlog.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "state/state.h"

#define START	   "start: version "
#define GENERATION ", generation "
#define DIGEST	   ", digest "
#define RELOAD	   "reload: "
#define BEFORE	   "generation "
#define AFTER	   " -> "
#define STAYS	   " stays, "
#define FAILED	   "failed, generation "
#define FIXED	   "; a change of "
#define RESTART	   " takes a restart"

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

void reloadlog_approved(char line[RELOADLOG_LINE], uint64_t before,
	uint64_t after, const char *rows, const char *digest, int64_t at)
{
	char when[CLOCK_TEXT_MAX];
	size_t len;

	clock_text(at, when);
	reloadlog_made(line, before, after, rows, digest);
	len = strlen(line);
	(void)snprintf(
		line + len, RELOADLOG_LINE - len, ", as approved for %s", when);
}

void reloadlog_kept(char line[RELOADLOG_LINE], uint64_t stays, const char *rows,
	const char *digest, const char *why)
{
	(void)snprintf(line, RELOADLOG_LINE,
		RELOAD BEFORE "%" PRIu64 STAYS "%s" DIGEST "%s: %s", stays,
		rows, digest, why);
}

void reloadlog_fixed(char line[RELOADLOG_LINE], const char *options)
{
	size_t len = strlen(line);

	(void)snprintf(
		line + len, RELOADLOG_LINE - len, FIXED "%s" RESTART, options);
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
	if (!bytes_take(&line, BEFORE) || !take_number(&line, &number))
		return RELOADLOG_MADE;
	if (bytes_take(&line, STAYS) ||
		(bytes_take(&line, AFTER) && take_number(&line, &number)))
		*generation = number;
	return RELOADLOG_MADE;
}

struct bytes reloadlog_fixed_options(struct bytes line)
{
	const char *at = memmem(line.data, line.len, FIXED, strlen(FIXED));
	struct bytes none = { "", 0 };
	struct bytes rest;

	if (!at)
		return none;
	at += strlen(FIXED);
	rest = (struct bytes){ at, (size_t)(line.data + line.len - at) };
	if (rest.len < strlen(RESTART) ||
		memcmp(rest.data + rest.len - strlen(RESTART), RESTART,
			strlen(RESTART)) != 0)
		return none;
	rest.len -= strlen(RESTART);
	return rest;
}

/*
 * reloadlog: formats and parses the lines of served/reload.log, which the
 * milter writes and the tool reads. Here a line is the text after its time.
 *
 *   start: version 0.1.0, generation 12, 3 users, 1 domain, digest 0123...
 *   reload: generation 12 -> 13, 4 users, 1 domain, digest 0123...
 *   reload: generation 12 -> 13, 4 users, 1 domain, digest 0123..., as
 *     approved for 2026-11-29T21:00:00Z
 *   reload: generation 12 stays, 3 users, 1 domain, digest 0123...: WHY
 *   reload: failed, generation 13 stays: WHY
 *
 * After a reload that succeeded, "; a change of OPTION, OPTION takes a restart"
 * may follow.
 */
#ifndef READDRESS_STATE_RELOADLOG_H
#define READDRESS_STATE_RELOADLOG_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

#define RELOADLOG_LINE (ERROR_TEXT_MAX + 128)

/* These write a line. rows is the number of rules that are served from then on,
 * such as "3 users, 1 domain", and digest that of these rules. */
void reloadlog_start(char line[RELOADLOG_LINE], const char *version,
	uint64_t generation, const char *rows, const char *digest);

void reloadlog_made(char line[RELOADLOG_LINE], uint64_t before, uint64_t after,
	const char *rows, const char *digest);

/* at is in seconds since 1970. */
void reloadlog_approved(char line[RELOADLOG_LINE], uint64_t before,
	uint64_t after, const char *rows, const char *digest, int64_t at);

/* The configuration was loaded, but not a map. */
void reloadlog_kept(char line[RELOADLOG_LINE], uint64_t stays, const char *rows,
	const char *digest, const char *why);

/* Appends which options have another value in the configuration than in the
 * milter, which keeps the old one until it is restarted. */
void reloadlog_fixed(char line[RELOADLOG_LINE], const char *options);

void reloadlog_failed(
	char line[RELOADLOG_LINE], uint64_t stays, const char *why);

enum reloadlog_kind {
	RELOADLOG_OTHER, /* a line that the milter did not write */
	RELOADLOG_START,
	RELOADLOG_MADE,
	RELOADLOG_FAILED,
};

/* Returns the kind of a line. Sets *generation to the one that is served from
 * then on, or to 0 if the line does not say it. */
enum reloadlog_kind reloadlog_parse(struct bytes line, uint64_t *generation);

/* Returns the options that reloadlog_fixed() appended to the line; none: len 0.
 */
struct bytes reloadlog_fixed_options(struct bytes line);

#endif

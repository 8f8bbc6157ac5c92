/*
 * reloadlog: the lines of served/reload.log, which the milter writes and the
 * tool reads: what stands there behind the time.
 *
 *   start: version 0.1.0, generation 12, 3 users, 1 domain
 *   reload: generation 12 -> 13, 4 users, 1 domain
 *   reload: failed, generation 13 stays: WHY
 */
#ifndef READDRESS_STATE_RELOADLOG_H
#define READDRESS_STATE_RELOADLOG_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

#define RELOADLOG_LINE (ERROR_TEXT_MAX + 128)

/* rows: what is served from then on, in words. */
void reloadlog_start(char line[RELOADLOG_LINE], const char *version,
	uint64_t generation, const char *rows);

void reloadlog_made(char line[RELOADLOG_LINE], uint64_t before, uint64_t after,
	const char *rows);

void reloadlog_failed(
	char line[RELOADLOG_LINE], uint64_t stays, const char *why);

enum reloadlog_kind {
	RELOADLOG_OTHER, /* what the milter does not write */
	RELOADLOG_START,
	RELOADLOG_MADE,
	RELOADLOG_FAILED,
};

/* *generation: what is served from then on; 0: the line does not say. */
enum reloadlog_kind reloadlog_parse(struct bytes line, uint64_t *generation);

#endif

/*
 * when: the time at which something is to happen, as people write it.
 *
 * Tested by tests/unit/approve/test_when.c.
 */
#ifndef READDRESS_APPROVE_WHEN_H
#define READDRESS_APPROVE_WHEN_H

#include <stdint.h>

#include "base/error.h"

#define WHEN_DAYS 90 /* the furthest ahead */

/* The zone of this machine, for the functions below, whatever the environment
 * variable TZ says. */
#define WHEN_ZONE ":/etc/localtime"

/*
 * Reads "2026-11-29T22:00:00+01:00" (RFC 3339; "Z" is an offset; a space may
 * stand for the "T") or "22:00", which is the next 22:00 to come in this zone.
 * zone is a value as TZ has it. now and *at are in seconds since 1970.
 *
 * Returns 0; or ERR_USAGE, with a text that says what was found: neither form,
 * no such date, no offset, parts of a second, a time that is past or more than
 * WHEN_DAYS ahead, or a local time that daylight saving time skips or repeats
 * (the text has the two instants). Not for several threads: it sets TZ.
 */
int when_read(const char *text, int64_t now, const char *zone, int64_t *at,
	struct error *error) MUST_CHECK;

/* Writes "2026-11-29 22:00:00 CET (2026-11-29T21:00:00Z)". Sets TZ, too. */
#define WHEN_TEXT_MAX 96
void when_show(int64_t at, const char *zone, char text[WHEN_TEXT_MAX]);

/* Writes RFC 3339 with the zone's offset: "2026-11-29T22:00:00+01:00". Sets TZ,
 * too. */
void when_local(int64_t at, const char *zone, char text[WHEN_TEXT_MAX]);

/* Writes how long that is, with its two largest units: "2 d 3 h", "3 min 5 s",
 * "0 s". */
void when_span(int64_t seconds, char text[WHEN_TEXT_MAX]);

#endif

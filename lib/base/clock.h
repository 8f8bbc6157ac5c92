/*
 * clock: the monotonic clock, and the time of day as text. Safe in any thread.
 */
#ifndef READDRESS_BASE_CLOCK_H
#define READDRESS_BASE_CLOCK_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/bytes.h"

/* clock_ns() and clock_ms() return nanoseconds and milliseconds since some
 * point before the process began. They cannot fail, and setting the time of day
 * does not change them. */
static inline uint64_t clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_ms(void)
{
	return clock_ns() / 1000000;
}

/* 9999-12-31T23:59:59Z in seconds since 1970: the last second that RFC 3339 can
 * write. */
#define CLOCK_LAST INT64_C(253402300799)

/* Writes seconds since 1970 as UTC, like "2026-11-21T15:09:00Z"; or "?" if
 * struct tm cannot hold the year. */
#define CLOCK_TEXT_MAX 32
static inline void clock_text(int64_t seconds, char text[CLOCK_TEXT_MAX])
{
	time_t when = (time_t)seconds;
	struct tm utc;

	if (!gmtime_r(&when, &utc) ||
		!strftime(text, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc))
		(void)snprintf(text, CLOCK_TEXT_MAX, "?");
}

/* Reads a time of RFC 3339 section 5.6 with its offset, like
 * "2026-11-21T16:09:00+01:00" or "2026-11-21T15:09:00Z", or a date alone, which
 * stands for 00:00 UTC. Sets *seconds since 1970; a fraction of a second is
 * dropped. Returns false for anything else. */
bool clock_parse(struct bytes text, int64_t *seconds) MUST_CHECK;

#endif

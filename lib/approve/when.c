#include "approve/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

#define DATE_AND_TIME 19 /* characters */

#define MINUTE 60
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static void set_zone(const char *zone)
{
	(void)setenv("TZ", zone, 1);
	tzset();
}

/* Returns the zone's offset at this instant, in seconds east of UTC. */
static int64_t offset_at(int64_t instant)
{
	time_t when = (time_t)instant;
	struct tm local;

	return localtime_r(&when, &local) ? local.tm_gmtoff : 0;
}

/* Removes exactly count digits and stores their value. */
static bool take(struct bytes *text, size_t count, int *value)
{
	struct bytes digits = { text->data, count };
	uint64_t number;

	if (text->len < count || !bytes_number(&digits, count, &number) ||
		digits.len)
		return false;
	*value = (int)number;
	text->data += count;
	text->len -= count;
	return true;
}

static bool take_char(struct bytes *text, const char *set)
{
	if (!text->len || !strchr(set, text->data[0]) || !text->data[0])
		return false;
	text->data++;
	text->len--;
	return true;
}

static int refuse(struct error *error, const char *text, const char *why)
{
	return error_set(error, ERR_USAGE,
		"time \"%s\": %s; expected a time like "
		"\"2026-11-29T22:00:00+01:00\", or \"22:00\" for the next "
		"22:00 in the zone of this machine",
		text, why);
}

static int read_whole(const char *text, int64_t *at, struct error *error)
{
	struct bytes whole = bytes_of(text);
	char in_utc[DATE_AND_TIME + 2];
	int64_t local;

	if (whole.len == DATE_AND_TIME) {
		(void)snprintf(in_utc, sizeof in_utc, "%sZ", text);
		if (clock_parse(bytes_of(in_utc), &local))
			return refuse(error, text, "it has no offset from UTC");
	}
	if (whole.len <= DATE_AND_TIME || !clock_parse(whole, at))
		return refuse(error, text, "it cannot be read");
	if (memchr(text, '.', whole.len))
		return refuse(error, text, "it has parts of a second");
	return 0;
}

/* Refuses a time of day that this day has never or twice. */
static int refuse_change(const char *text, const char *zone, int64_t one,
	int64_t other, bool twice, struct error *error)
{
	char first[WHEN_TEXT_MAX];
	char second[WHEN_TEXT_MAX];

	when_show(one < other ? one : other, zone, first);
	when_show(one < other ? other : one, zone, second);
	return error_set(error, ERR_USAGE,
		"time \"%s\": the clock is changed on that day, and %s; say "
		"which instant is meant with an offset: %s or %s",
		text, twice ? "shows this time twice" : "never shows this time",
		first, second);
}

/* Finds the instant at which the clock shows wall, which is seconds since 1970
 * as if local time were UTC. Sets *at; or returns ERR_USAGE if there are two or
 * none, unless all of them are past: then *at is one of these. */
static int find_instant(const char *text, int64_t wall, int64_t now,
	const char *zone, int64_t *at, struct error *error)
{
	int64_t one = wall - offset_at(wall - DAY);
	int64_t other = wall - offset_at(wall + DAY);
	bool has_one = one + offset_at(one) == wall;
	bool has_other = other + offset_at(other) == wall;

	*at = has_one || one > other ? one : other;
	if (one == other || (has_one && !has_other))
		return 0;
	if (has_other && !has_one) {
		*at = other;
		return 0;
	}
	if (one < now && other < now)
		return 0;
	return refuse_change(text, zone, one, other, has_one, error);
}

static int read_clock(const char *text, int64_t now, const char *zone,
	int64_t *at, struct error *error)
{
	struct bytes rest = bytes_of(text);
	int64_t today;
	int64_t wall;
	int hour;
	int minute;
	int result;

	if (!take(&rest, 2, &hour) || !take_char(&rest, ":") ||
		!take(&rest, 2, &minute) || rest.len)
		return refuse(error, text, "it cannot be read");
	if (hour > 23 || minute > 59)
		return refuse(error, text, "there is no such time");
	today = now + offset_at(now);
	today -= today % DAY;
	wall = today + (int64_t)hour * HOUR + (int64_t)minute * MINUTE;
	result = find_instant(text, wall, now, zone, at, error);
	if (!result && *at < now)
		result = find_instant(text, wall + DAY, now, zone, at, error);
	return result;
}

int when_read(const char *text, int64_t now, const char *zone, int64_t *at,
	struct error *error)
{
	char span[WHEN_TEXT_MAX];
	char shown[WHEN_TEXT_MAX];
	int result;

	set_zone(zone);
	result = strlen(text) > 5 ? read_whole(text, at, error)
				  : read_clock(text, now, zone, at, error);
	if (result)
		return result;
	if (*at < now) {
		when_show(*at, zone, shown);
		when_span(now - *at, span);
		return error_set(error, ERR_USAGE,
			"time \"%s\": %s was %s ago, expected a time to come",
			text, shown, span);
	}
	if (*at - now > WHEN_DAYS * DAY) {
		when_show(*at, zone, shown);
		return error_set(error, ERR_USAGE,
			"time \"%s\": %s is more than %d days ahead", text,
			shown, WHEN_DAYS);
	}
	return 0;
}

void when_show(int64_t at, const char *zone, char text[WHEN_TEXT_MAX])
{
	time_t when = (time_t)at;
	char local[48] = "?";
	char utc[CLOCK_TEXT_MAX];
	struct tm tm;

	set_zone(zone);
	if (!localtime_r(&when, &tm) ||
		!strftime(local, sizeof local, "%Y-%m-%d %H:%M:%S %Z", &tm))
		memcpy(local, "?", 2);
	clock_text(at, utc);
	(void)snprintf(text, WHEN_TEXT_MAX, "%s (%s)", local, utc);
}

void when_local(int64_t at, const char *zone, char text[WHEN_TEXT_MAX])
{
	time_t when = (time_t)at;
	struct tm tm;
	char stamp[32];
	long offset;

	set_zone(zone);
	if (!localtime_r(&when, &tm) ||
		!strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm)) {
		memcpy(text, "?", 2);
		return;
	}
	offset = tm.tm_gmtoff / MINUTE;
	(void)snprintf(text, WHEN_TEXT_MAX, "%s%c%02ld:%02ld", stamp,
		offset < 0 ? '-' : '+', labs(offset) / 60, labs(offset) % 60);
}

void when_span(int64_t seconds, char text[WHEN_TEXT_MAX])
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { DAY, "d" }, { HOUR, "h" }, { MINUTE, "min" },
		{ 1, "s" } };
	size_t i = 0;
	int len;

	while (i < 3 && seconds < units[i].seconds)
		i++;
	len = snprintf(text, WHEN_TEXT_MAX, "%" PRId64 " %s",
		seconds / units[i].seconds, units[i].name);
	seconds %= units[i].seconds;
	if (i == 3 || seconds < units[i + 1].seconds)
		return;
	(void)snprintf(text + len, WHEN_TEXT_MAX - (size_t)len,
		" %" PRId64 " %s", seconds / units[i + 1].seconds,
		units[i + 1].name);
}

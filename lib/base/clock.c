#include "base/clock.h"

/* Removes two or four digits from the front of text. Returns -1 if there are
 * others. */
static int take_digits(struct bytes *text, size_t count)
{
	struct bytes digits = { text->data, count };
	uint64_t number;

	if (text->len < count || !bytes_number(&digits, count, &number) ||
		digits.len)
		return -1;
	text->data += count;
	text->len -= count;
	return (int)number;
}

/* Removes "Z" or an offset like "+01:00" from the front of text. Returns false
 * if it is neither. */
static bool take_offset(struct bytes *text, int64_t *offset)
{
	int sign = bytes_take(text, "+") ? 1 : bytes_take(text, "-") ? -1 : 0;
	int hours;
	int minutes;

	*offset = 0;
	if (!sign)
		return bytes_take(text, "Z") || bytes_take(text, "z");
	hours = take_digits(text, 2);
	if (hours < 0 || hours > 23 || !bytes_take(text, ":"))
		return false;
	minutes = take_digits(text, 2);
	if (minutes < 0 || minutes > 59)
		return false;
	*offset = sign * (hours * 3600 + minutes * 60);
	return true;
}

static bool take_date(struct bytes *text, struct tm *tm)
{
	int year = take_digits(text, 4);
	int month = bytes_take(text, "-") ? take_digits(text, 2) : -1;
	int day = bytes_take(text, "-") ? take_digits(text, 2) : -1;

	*tm = (struct tm){
		.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day
	};
	return year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool take_time(struct bytes *text, struct tm *tm)
{
	int hour = take_digits(text, 2);
	int minute = bytes_take(text, ":") ? take_digits(text, 2) : -1;
	int second = bytes_take(text, ":") ? take_digits(text, 2) : -1;
	uint64_t fraction;

	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
		second > 60)
		return false;
	tm->tm_hour = hour;
	tm->tm_min = minute;
	tm->tm_sec = second;
	return !bytes_take(text, ".") ||
	       bytes_number(text, SIZE_MAX, &fraction);
}

bool clock_parse(struct bytes text, int64_t *seconds)
{
	struct tm tm;
	struct tm same;
	int64_t offset = 0;

	if (!take_date(&text, &tm))
		return false;
	same = tm;
	/* timegm(3) makes the 1st of March of a 30th of February. */
	(void)timegm(&same);
	if (same.tm_mon != tm.tm_mon)
		return false;
	if (text.len) {
		if (!bytes_take(&text, "T") && !bytes_take(&text, "t") &&
			!bytes_take(&text, " "))
			return false;
		if (!take_time(&text, &tm) || !take_offset(&text, &offset) ||
			text.len)
			return false;
	}
	*seconds = (int64_t)timegm(&tm) - offset;
	return true;
}

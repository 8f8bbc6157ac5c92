#include "trace/maillog.h"

#include <ctype.h>
#include <time.h>

#include "base/clock.h"

/* "Nov 29 19:00:01" */
#define OLD_TIME 15

/* The shortest and the longest queue ID: Postfix makes them of a time in
 * microseconds and of an inode number, in hexadecimal or, with
 * enable_long_queue_ids, in other letters. */
#define ID_MIN 6
#define ID_MAX 24

static bool take_time(struct bytes *line, struct bytes *time)
{
	if (line->len && isdigit((unsigned char)line->data[0])) {
		*time = bytes_cut(line, ' ');
		return time->len >= sizeof "2026-11-29" - 1 &&
		       time->data[4] == '-';
	}
	if (line->len <= OLD_TIME || line->data[OLD_TIME] != ' ' ||
		line->data[3] != ' ' || line->data[9] != ':')
		return false;
	*time = (struct bytes){ line->data, OLD_TIME };
	line->data += OLD_TIME + 1;
	line->len -= OLD_TIME + 1;
	return true;
}

/* True for what may be a queue ID. A word in lower case alone, such as
 * "warning", is none. */
static bool is_queue_id(struct bytes text)
{
	bool lower = true;

	if (text.len < ID_MIN || text.len > ID_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (!isalnum(c) || c > 0x7f)
			return false;
		lower = lower && islower(c);
	}
	return !lower;
}

bool maillog_cut(struct bytes line, struct maillog_line *cut)
{
	struct bytes rest = line;
	struct bytes id;
	const char *bracket;

	memset(cut, 0, sizeof *cut);
	while (rest.len && !*rest.data) {
		rest.data++;
		rest.len--;
	}
	if (!take_time(&rest, &cut->time))
		return false;
	cut->host = bytes_cut(&rest, ' ');
	cut->process = bytes_cut(&rest, ' ');
	if (!cut->process.len || cut->process.data[cut->process.len - 1] != ':')
		return false;
	cut->process.len--;
	bracket = memchr(cut->process.data, '[', cut->process.len);
	if (bracket)
		cut->process.len = (size_t)(bracket - cut->process.data);
	cut->text = rest;
	id = bytes_cut(&rest, ':');
	if (is_queue_id(id) && bytes_take(&rest, " ")) {
		cut->queue_id = id;
		cut->text = rest;
	}
	return true;
}

/* "2026-11-29T19:00:01+0000", as journalctl writes it, to "+00:00". */
static bool parse_iso(struct bytes time, int64_t *seconds)
{
	char text[40];
	size_t len = time.len;

	if (len + 2 > sizeof text)
		return false;
	memcpy(text, time.data, len);
	if (len > 5 && (text[len - 5] == '+' || text[len - 5] == '-')) {
		memmove(text + len - 1, text + len - 2, 2);
		text[len - 2] = ':';
		len++;
	}
	return clock_parse((struct bytes){ text, len }, seconds);
}

bool maillog_seconds(struct bytes time, int64_t now, int64_t *seconds)
{
	time_t today = (time_t)now;
	struct tm local;
	char text[32];
	int year;

	if (!time.len)
		return false;
	if (isdigit((unsigned char)time.data[0]))
		return parse_iso(time, seconds);
	if (!localtime_r(&today, &local))
		return false;
	for (year = local.tm_year + 1900; year >= local.tm_year + 1899;
		year--) {
		struct tm then = { .tm_isdst = -1 };
		const char *end;

		(void)snprintf(text, sizeof text, "%d %.*s", year,
			(int)(time.len < OLD_TIME ? time.len : OLD_TIME),
			time.data);
		end = strptime(text, "%Y %b %d %H:%M:%S", &then);
		if (!end || *end)
			return false;
		then.tm_isdst = -1;
		*seconds = (int64_t)mktime(&then);
		if (*seconds < now + 86400)
			break;
	}
	return true;
}

/* Returns where the value ends, which is at least at the beginning. */
static size_t end_of_value(struct bytes value)
{
	bool quoted = false;

	if (value.len && value.data[0] == '<') {
		for (size_t i = 1; i < value.len; i++) {
			if (value.data[i] == '\\')
				i++;
			else if (value.data[i] == '"')
				quoted = !quoted;
			else if (value.data[i] == '>' && !quoted)
				return i + 1;
		}
		return value.len;
	}
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] == ',' &&
			(i + 1 == value.len || value.data[i + 1] == ' '))
			return i;
	return value.len;
}

bool maillog_value(struct bytes text, const char *name, struct bytes *value)
{
	size_t len = strlen(name);

	*value = (struct bytes){ NULL, 0 };
	for (size_t at = 0; at + len <= text.len; at++) {
		if (at && text.data[at - 1] != ' ')
			continue;
		if (memcmp(text.data + at, name, len) != 0)
			continue;
		value->data = text.data + at + len;
		value->len = text.len - at - len;
		value->len = end_of_value(*value);
		if (value->len > 1 && value->data[0] == '<' &&
			value->data[value->len - 1] == '>') {
			value->data++;
			value->len -= 2;
		}
		return true;
	}
	return false;
}

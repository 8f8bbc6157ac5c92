#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

static int priority_of(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return LOG_ERR;
	case LOG_LEVEL_WARNING:
		return LOG_WARNING;
	case LOG_LEVEL_INFO:
		return LOG_INFO;
	case LOG_LEVEL_DEBUG:
		return LOG_DEBUG;
	default:
		return LOG_ERR;
	}
}

#define EACH(c) (UINT64_C(0x0101010101010101) * (c))

/* True if one of eight bytes is less than c, which is at most 0x80. */
static bool has_less(uint64_t eight, unsigned char c)
{
	return ((eight - EACH(c)) & ~eight & EACH(0x80)) != 0;
}

static bool has_byte(uint64_t eight, unsigned char c)
{
	return has_less(eight ^ EACH(c), 1);
}

static bool has_control(uint64_t eight)
{
	return has_less(eight, ' ') || has_byte(eight, 0x7f);
}

/* True if log_escape() writes one of eight bytes in another way. */
static bool has_special(uint64_t eight)
{
	return has_control(eight) || (eight & EACH(0x80)) ||
	       has_byte(eight, '\\') || has_byte(eight, '<') ||
	       has_byte(eight, '>');
}

/* Returns a multiple of eight: so many bytes of the text have no control
 * characters. */
static size_t without_control(const char *text, size_t len)
{
	uint64_t eight;
	size_t at = 0;

	while (len - at >= sizeof eight) {
		memcpy(&eight, text + at, sizeof eight);
		if (has_control(eight))
			break;
		at += sizeof eight;
	}
	return at;
}

/* Writes a line of len bytes, which it may change. */
static void write_line(
	const struct log *log, enum log_level level, char *line, size_t len)
{
	/* One call writes one line, whatever the text contains. */
	for (size_t i = without_control(line, len); i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	logsink_line(log->sink, log->target, LOG_MAIL | priority_of(level),
		line, len);
}

static bool is_wanted(const struct log *log, enum log_level level)
{
	return level <= log->level && log->sink;
}

void log_text(const struct log *log, enum log_level level, struct bytes text)
{
	char line[LOGSINK_LINE];
	size_t len = text.len < sizeof line ? text.len : sizeof line;

	if (!is_wanted(log, level))
		return;
	memcpy(line, text.data, len);
	write_line(log, level, line, len);
}

void log_line(
	const struct log *log, enum log_level level, const char *format, ...)
{
	char line[LOGSINK_LINE + 1];
	va_list args;
	int n;

	if (!is_wanted(log, level))
		return;
	va_start(args, format);
	n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (n < 0)
		return;
	write_line(log, level, line,
		(size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

size_t log_escape(struct bytes text, char *out, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t used = 0;

	if (!size)
		return 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];
		uint64_t eight;

		if (text.len - i >= sizeof eight &&
			size - used > sizeof eight) {
			memcpy(&eight, text.data + i, sizeof eight);
			if (!has_special(eight)) {
				memcpy(out + used, &eight, sizeof eight);
				used += sizeof eight;
				i += sizeof eight - 1;
				continue;
			}
		}
		if (c < ' ' || c > '~' || c == '\\' || c == '<' || c == '>') {
			if (size - used < 5)
				break;
			out[used++] = '\\';
			out[used++] = 'x';
			out[used++] = hex[c >> 4];
			out[used++] = hex[c & 15];
		} else {
			if (size - used < 2)
				break;
			out[used++] = (char)c;
		}
	}
	out[used] = '\0';
	return used;
}

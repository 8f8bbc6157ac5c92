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

/* Writes a line of len bytes, which it may change. */
static void write_line(
	const struct log *log, enum log_level level, char *line, size_t len)
{
	/* One call writes one line, whatever the text contains. */
	for (size_t i = 0; i < len; i++)
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

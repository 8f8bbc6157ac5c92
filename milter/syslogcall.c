#include "syslogcall.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>

/* <syslog.h> is not included: it may define inline functions of these names. */
#define FACILITY_MAIL (2 << 3)
#define FACILITIES    0x03f8

void syslog(int priority, const char *format, ...)
	__attribute__((format(printf, 2, 3), visibility("default"), used));
void __syslog_chk(int priority, int flag, const char *format, ...)
	__attribute__((format(printf, 3, 4), visibility("default"), used));

static struct logsink *all;

void syslog_init(struct logsink *sink)
{
	all = sink;
}

static void __attribute__((format(printf, 2, 0)))
write_line(int priority, const char *format, va_list args)
{
	char line[LOGSINK_LINE + 1];
	int len = vsnprintf(line, sizeof line, format, args);

	if (!all || len < 0)
		return;
	if ((size_t)len >= sizeof line)
		len = (int)sizeof line - 1;
	for (int i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	if (!(priority & FACILITIES))
		priority |= FACILITY_MAIL;
	logsink_line(all, LOG_TARGET_SYSLOG, priority, line, (size_t)len);
}

void syslog(int priority, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(priority, format, args);
	va_end(args);
}

/* A caller that was compiled with _FORTIFY_SOURCE calls this one. */
void __syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list args;

	(void)flag;
	va_start(args, format);
	write_line(priority, format, args);
	va_end(args);
}

#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/precis.h"

int error_set(struct error *error, int code, const char *format, ...)
{
	char raw[ERROR_TEXT_MAX];
	va_list args;

	if (!error)
		return code;
	va_start(args, format);
	(void)vsnprintf(raw, sizeof raw, format, args);
	va_end(args);
	error->number = 0;
	error->hint = ERROR_HINT_NONE;
	/* These texts may quote input, and may be shown on a terminal. */
	(void)precis_show_text(bytes_of(raw), error->text, sizeof error->text);
	return code;
}

int error_set_errno(struct error *error, const char *format, ...)
{
	char raw[ERROR_TEXT_MAX / 2];
	int saved = errno;
	int code = ERR_IO;
	va_list args;

	if (saved == ENOENT)
		code = ERR_NOENT;
	else if (saved == EACCES || saved == EPERM || saved == EROFS)
		code = ERR_PERM;
	else if (saved == ENOMEM)
		code = ERR_NOMEM;
	va_start(args, format);
	(void)vsnprintf(raw, sizeof raw, format, args);
	va_end(args);
	(void)error_set(error, code, "%s: %s", raw, strerror(saved));
	if (error)
		error->number = saved;
	return code;
}

int error_pass(struct error *error, int code, const struct error *cause)
{
	if (error)
		*error = *cause;
	return code;
}

void error_append(struct error *error, const char *format, ...)
{
	char raw[ERROR_TEXT_MAX / 2];
	char more[ERROR_TEXT_MAX / 2];
	size_t room;
	size_t len;
	va_list args;

	if (!error)
		return;
	va_start(args, format);
	(void)vsnprintf(raw, sizeof raw, format, args);
	va_end(args);
	(void)precis_show_text(bytes_of(raw), more, sizeof more);
	room = sizeof error->text - 1 - strlen(more);
	len = strlen(error->text);
	if (len > room)
		len = room;
	/* The text must not end within a character. */
	while (len && ((unsigned char)error->text[len] & 0xc0) == 0x80)
		len--;
	(void)snprintf(error->text + len, sizeof error->text - len, "%s", more);
}

int error_about(struct error *error, int code, enum error_hint hint)
{
	if (error && code < 0)
		error->hint = hint;
	return code;
}

int error_exit_code(int code)
{
	switch (code) {
	case ERR_NOMEM:
		return EX_OSERR;
	case ERR_BAD:
	case ERR_FOREIGN:
		return EX_DATAERR;
	case ERR_NOENT:
		return EX_NOINPUT;
	case ERR_IO:
		return EX_IOERR;
	case ERR_BUSY:
		return EX_TEMPFAIL;
	case ERR_PERM:
		return EX_NOPERM;
	case ERR_CONFIG:
		return EX_CONFIG;
	case ERR_CREATE:
		return EX_CANTCREAT;
	case ERR_NOTFOUND:
		return 1;
	case ERR_USAGE:
		return EX_USAGE;
	case ERR_DOWN:
		return EX_UNAVAILABLE;
	default:
		return code < 0 ? EX_SOFTWARE : 0;
	}
}

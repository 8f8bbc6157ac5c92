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
	/* Input ends up in these texts, and these texts on a terminal. */
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
	return error_set(error, code, "%s: %s", raw, strerror(saved));
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

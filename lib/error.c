#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

/* Input ends up in these texts, and these texts on a terminal. */
static void escape_controls(struct error *error, const char *raw)
{
	size_t out = 0;

	for (; *raw && out + 5 < sizeof error->text; raw++) {
		unsigned char c = (unsigned char)*raw;

		if (c >= 0x20 && c != 0x7f)
			error->text[out++] = (char)c;
		else
			out += (size_t)snprintf(error->text + out,
				sizeof error->text - out, "\\x%02X", c);
	}
	error->text[out] = '\0';
}

int error_set(struct error *error, int code, const char *format, ...)
{
	char raw[ERROR_TEXT_MAX];
	va_list args;

	if (!error)
		return code;
	va_start(args, format);
	(void)vsnprintf(raw, sizeof raw, format, args);
	va_end(args);
	escape_controls(error, raw);
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

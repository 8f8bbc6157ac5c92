#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

/* Octets of the control character at text; 0 where there is none. U+0080 to
 * U+009F are some, too: a terminal takes U+009B for ESC "[". */
static size_t control_len(const char *text)
{
	unsigned char c = (unsigned char)text[0];

	if (c == 0xc2 && ((unsigned char)text[1] & 0xe0) == 0x80)
		return 2;
	return c < 0x20 || c == 0x7f;
}

/* Input ends up in these texts, and these texts on a terminal. */
static void escape_controls(struct error *error, const char *raw)
{
	size_t out = 0;

	while (*raw && out + 9 < sizeof error->text) {
		size_t len = control_len(raw);

		if (!len)
			error->text[out++] = *raw++;
		for (; len; len--)
			out += (size_t)snprintf(error->text + out,
				sizeof error->text - out, "\\x%02X",
				(unsigned char)*raw++);
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

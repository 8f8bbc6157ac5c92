/*
 * error: the negative codes that functions of lib return, and the text that
 * explains one to a person.
 *
 * A function of lib returns 0 (or a positive count) or one of these codes. If
 * it takes a struct error *, which may be NULL, a failure also leaves one line
 * of text there: what was found, what was expected, what to do. The text does
 * not end with a newline.
 */
#ifndef READDRESS_BASE_ERROR_H
#define READDRESS_BASE_ERROR_H

#include "base/bytes.h"

enum {
	ERR_NOMEM = -1,	   /* out of memory, or a maximum was reached (71) */
	ERR_BAD = -2,	   /* bad data                              (65) */
	ERR_NOENT = -3,	   /* a file does not exist (66) */
	ERR_IO = -4,	   /* reading or writing failed             (74) */
	ERR_BUSY = -5,	   /* another process holds the lock (75) */
	ERR_PERM = -6,	   /* not permitted                         (77) */
	ERR_CONFIG = -7,   /* the configuration is bad (78) */
	ERR_CREATE = -8,   /* cannot create a file                  (73) */
	ERR_NOTFOUND = -9, /* a rule does not exist, or rules differ (1) */
	ERR_USAGE = -10,   /* wrong arguments                       (64) */
	ERR_DOWN = -11,	   /* the milter is not reachable           (69) */
	ERR_FOREIGN = -12, /* a map of another architecture         (65) */
};

#define ERROR_TEXT_MAX 1024

/* What a failure is about, for a caller that knows what can be done about
 * it. */
enum error_hint {
	ERROR_HINT_NONE,
	ERROR_HINT_STATE_DIR, /* the state directory, or a file in it */
};

struct error {
	char text[ERROR_TEXT_MAX];
	int number; /* errno, if error_set_errno() wrote the text; else 0 */
	enum error_hint hint;
};

/* Writes the text, cut to fit. Characters that nobody can see become U+XXXX
 * (precis.h), and bytes that are not UTF-8 become \xHH. Clears number and hint,
 * so error need not be initialised. Returns code. */
int error_set(struct error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Does the same with ": " and strerror(errno) after the text, and stores errno
 * in number. Returns ERR_NOENT for ENOENT; ERR_PERM for EACCES, EPERM and
 * EROFS; ERR_NOMEM for ENOMEM; otherwise ERR_IO. */
int error_set_errno(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Passes on the failure of a called function, with everything that is known of
 * it. Returns code. */
int error_pass(struct error *error, int code, const struct error *cause);

/* Appends to the text, which is cut if both do not fit. Everything else
 * stays. */
void error_append(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Notes what a failure is about, if code is below 0. Returns code. */
int error_about(struct error *error, int code, enum error_hint hint);

/* Returns the code of sysexits.h for a code of lib; 0 for 0 and above. */
int error_exit_code(int code);

#endif

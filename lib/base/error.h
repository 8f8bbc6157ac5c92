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

/* What the failure is about, for whoever knows what can be done about it. */
enum error_hint {
	ERROR_HINT_NONE,
	ERROR_HINT_STATE_DIR, /* the state directory, or what is in it */
};

struct error {
	char text[ERROR_TEXT_MAX];
	int number; /* errno, as error_set_errno found it; else 0 */
	enum error_hint hint;
};

/* Writes the text, cut to fit, characters that nobody can see as U+XXXX (see
 * precis.h), bytes that are no UTF-8 as \xHH; returns code. error may be one
 * that was never set. */
int error_set(struct error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_set, with ": " and strerror(errno) behind; errno chooses the code:
 * ENOENT ERR_NOENT, EACCES EPERM EROFS ERR_PERM, ENOMEM ERR_NOMEM, else ERR_IO.
 */
int error_set_errno(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Passes a callee's failure on, with all that is known of it; returns code. */
int error_pass(struct error *error, int code, const struct error *cause);

/* Adds to the text, which is cut where both do not fit; all else stays. */
void error_append(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* After a failure, which code below 0 is: notes what it is about. Returns code.
 */
int error_about(struct error *error, int code, enum error_hint hint);

/* The sysexits code (see sysexits.h) for a code of lib; 0 for 0 and above. */
int error_exit_code(int code);

#endif

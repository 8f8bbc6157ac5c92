/*
 * log: lines to syslog (facility mail) or to standard error, through a logsink,
 * which never waits. Several threads may use a struct log at once. Text that
 * comes from mail must go through log_escape() first, and addresses through
 * logaddress (decisionlog/logaddress.h).
 */
#ifndef READDRESS_BASE_LOG_H
#define READDRESS_BASE_LOG_H

#include "base/bytes.h"
#include "base/logsink.h"

#define LOG_HASH_KEY 32

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

struct log {
	struct logsink *sink; /* NULL: nothing is logged */
	enum log_target target;
	enum log_level level;
	bool addresses; /* false: hashes are logged instead of addresses */
	unsigned char key[LOG_HASH_KEY];
};

/* Writes one line, unless level is more detailed than log->level. */
void log_line(const struct log *log, enum log_level level, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/* Does the same with a text of at most LOGSINK_LINE bytes, without a format; a
 * longer one is cut. */
void log_text(const struct log *log, enum log_level level, struct bytes text);

/* Writes text to out, with bytes outside 0x20..0x7E, '\\', '<' and '>' as \xHH.
 * The result ends with a NUL and is cut to fit in size bytes. Returns its
 * length. */
size_t log_escape(struct bytes text, char *out, size_t size);

#endif

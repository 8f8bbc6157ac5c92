/*
 * log: lines to syslog (facility mail) or to stderr, through a logsink, which
 * never waits. A struct log may be used by several threads at once. Control and
 * non-ASCII octets in what comes from mail go through log_escape; addresses
 * through logaddress (decisionlog/logaddress.h).
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
	struct logsink *sink; /* NULL: no line goes anywhere */
	enum log_target target;
	enum log_level level;
	bool addresses; /* false: hashes instead */
	unsigned char key[LOG_HASH_KEY];
};

/* One line at that level, when log->level lets it through. */
void log_line(const struct log *log, enum log_level level, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/* Writes text with octets outside 0x20..0x7E, '\\', '<' and '>' as \xHH, cut to
 * fit in size with NUL. Returns the length written. */
size_t log_escape(struct bytes text, char *out, size_t size);

#endif

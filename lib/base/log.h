/*
 * log: lines to syslog (facility mail) or to stderr, through a logsink, which
 * never waits. A struct log may be used by several threads at once. Control and
 * non-ASCII octets in what comes from mail go through log_escape; addresses
 * through log_address.
 */
#ifndef READDRESS_LOG_H
#define READDRESS_LOG_H

#include "base/bytes.h"
#include "config/config.h"
#include "base/logsink.h"

#define LOG_HASH_KEY 32

struct log {
	struct logsink *sink; /* NULL: no line goes anywhere */
	enum config_log_target target;
	enum config_log_level level;
	bool addresses; /* false: hashes instead */
	unsigned char key[LOG_HASH_KEY];
};

/* One line at that level, when log->level lets it through. */
void log_line(const struct log *log, enum config_log_level level,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Writes text with octets outside 0x20..0x7E, '\\', '<' and '>' as \xHH, cut to
 * fit in size with NUL. Returns the length written. */
size_t log_escape(struct bytes text, char *out, size_t size);

/* An address for a log line: escaped, or with addresses off the first 12 hex
 * digits of HMAC-SHA-256(key, its address_key; what is no address: the text in
 * lower-case ASCII). "" stays "". */
size_t log_address(
	const struct log *log, struct bytes address, char *out, size_t size);

#endif

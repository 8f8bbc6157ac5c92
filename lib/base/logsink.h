/*
 * logsink: the destinations of log lines: the socket of syslog, and standard
 * error. Nothing here ever waits. A line that is not accepted at once is
 * dropped and counted, because a receiver that does not read must not delay
 * mail. The next line that is accepted follows a line that says how many were
 * dropped.
 *
 * Any thread may call these functions, except logsink_open() and
 * logsink_close().
 */
#ifndef READDRESS_BASE_LOGSINK_H
#define READDRESS_BASE_LOGSINK_H

#include <stdint.h>

#include "base/error.h"

#define LOGSINK_SYSLOG "/dev/log"
/* The number of bytes of a line that are kept. With the text around it, such a
 * line fits in one write that a pipe accepts as a whole (PIPE_BUF). */
#define LOGSINK_LINE 2048

enum log_target { LOG_TARGET_SYSLOG, LOG_TARGET_STDERR };

struct logsink;

/*
 * Opens a sink. path is the socket of syslog, which need not exist yet: the
 * sink connects at the first line, and again after a send fails. ident is the
 * name of the program in the lines for syslog. If standard error is a pipe or a
 * terminal, it is opened a second time, so that only the writes of this process
 * do not block; therefore call this before privileges are dropped. Returns 0 or
 * ERR_NOMEM.
 */
int logsink_open(
	struct logsink **sink, const char *path, const char *ident) MUST_CHECK;
void logsink_close(struct logsink *sink); /* may be NULL */

/* Closes the second descriptor of standard error. Call it after standard error
 * was replaced by /dev/null. */
void logsink_forget_stderr(struct logsink *sink);

/*
 * Writes one line, given without a newline. The line must not contain control
 * characters, and is cut to LOGSINK_LINE bytes. priority is a facility and a
 * level of syslog(3); only syslog gets it, with "<PRI>Mmm dd hh:mm:ss
 * IDENT[PID]: " before the line.
 */
void logsink_line(struct logsink *sink, enum log_target target, int priority,
	const char *line, size_t len);

/* Logs how many lines were dropped, if that was not logged yet and the receiver
 * accepts lines again. */
void logsink_catch_up(struct logsink *sink);

/* Returns how many lines were dropped since logsink_open(). */
uint64_t logsink_dropped(const struct logsink *sink);

#endif

/*
 * logsink: where log lines go: syslog's socket and standard error. Nothing here
 * ever waits: a line that is not taken at once is dropped and counted, because
 * a receiver that does not read must not hold up mail. The next line that
 * passes is preceded by one that says how many were dropped.
 *
 * Any thread may call what is here, but for open and close.
 */
#ifndef READDRESS_BASE_LOGSINK_H
#define READDRESS_BASE_LOGSINK_H

#include <stdint.h>

#include "base/error.h"

#define LOGSINK_SYSLOG "/dev/log"
/* Bytes of a line that are kept; with what stands around it, it fits in one
 * write that a pipe takes whole (PIPE_BUF). */
#define LOGSINK_LINE 2048

enum log_target { LOG_TARGET_SYSLOG, LOG_TARGET_STDERR };

struct logsink;

/*
 * path: of syslog's socket, which need not exist; it is connected to at the
 * first line, and again whenever a send fails. ident: the program's name in
 * lines for syslog. Standard error is used as it is now: where it is a pipe or
 * a terminal it is opened once more, so that only our writes do not block; call
 * it before privileges are dropped. 0, or ERR_NOMEM.
 */
int logsink_open(
	struct logsink **sink, const char *path, const char *ident) MUST_CHECK;
void logsink_close(struct logsink *sink); /* may be NULL */

/* Standard error was replaced by /dev/null: what was opened of it is closed. */
void logsink_forget_stderr(struct logsink *sink);

/*
 * Writes one line, without its newline. priority: as of syslog(3), facility and
 * level; of use to syslog alone, which gets "<PRI>Mmm dd hh:mm:ss IDENT[PID]: "
 * in front. line must hold no control characters. It is cut at LOGSINK_LINE.
 */
void logsink_line(struct logsink *sink, enum log_target target, int priority,
	const char *line, size_t len);

/* Says how many lines were dropped, where that was not said yet and the
 * receiver takes lines again. */
void logsink_catch_up(struct logsink *sink);

/* Lines dropped since logsink_open. */
uint64_t logsink_dropped(const struct logsink *sink);

#endif

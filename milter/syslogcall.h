/*
 * syslogcall: a syslog(3) for libmilter that never waits. glibc's waits while
 * syslogd does not read, and would block the threads that mail needs. libmilter
 * calls this one instead, as it does with sigwait() (signals.h). Tested by
 * tests/e2e/logging.test.
 */
#ifndef READDRESS_MILTER_SYSLOGCALL_H
#define READDRESS_MILTER_SYSLOGCALL_H

#include "base/logsink.h"

/* Sets the sink for libmilter's lines, which go to syslog even if log_target is
 * another. Must be called before the first thread starts. Before the call,
 * lines are dropped. */
void syslog_init(struct logsink *sink);

#endif

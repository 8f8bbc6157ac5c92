/*
 * syslogcall: syslog(3) as libmilter calls it. glibc's waits for as long as
 * syslogd reads nothing, in a thread of the pool that mail needs. As with
 * sigwait() in signals.h, the program's own comes first.
 */
#ifndef READDRESS_MILTER_SYSLOGCALL_H
#define READDRESS_MILTER_SYSLOGCALL_H

#include "base/logsink.h"

/* Where such lines go, to syslog whatever log_target is. Before the first
 * thread; until then they are dropped. */
void syslog_init(struct logsink *sink);

#endif

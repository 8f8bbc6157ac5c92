/*
 * signals: sees to it that the control thread receives SIGHUP, SIGTERM and
 * SIGINT. Tested by tests/e2e/daemon.test.
 *
 * libmilter starts a thread that waits with sigwait() for these signals and
 * stops at each of them. signals.c therefore defines a sigwait() that never
 * returns, which libmilter calls instead of libc's. libmilter is never stopped:
 * when it stops, version 8.17 destroys mutexes that its threads still use, and
 * may then wait for ever.
 */
#ifndef READDRESS_MILTER_SIGNALS_H
#define READDRESS_MILTER_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Blocks SIGHUP, SIGTERM, SIGINT and SIGNALS_WAKE, and the signals that would
 * end the process by default (SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF,
 * SIGPOLL), in this thread and all threads that it starts; ignores SIGPIPE.
 * Must be called before the first thread starts. Returns 0, or -1 with errno.
 */
int signals_init(void);

/* Wakes the control thread, which then looks for work of other threads. */
#define SIGNALS_WAKE SIGRTMIN

/* Sets *set to the signals that the control thread waits for: SIGHUP, SIGTERM,
 * SIGINT and SIGNALS_WAKE. */
void signals_set(sigset_t *set);

/* True if libmilter has called the sigwait() of signals.c. If not, it calls
 * another one, and SIGHUP may stop it. */
bool signals_taken(void);

#endif

/*
 * signals: who gets HUP, TERM and INT.
 *
 * libmilter starts a thread that waits with sigwait() for HUP, TERM and INT and
 * takes all three as the order to stop. Here they belong to the control thread:
 * signals.c defines sigwait(), which libmilter then calls instead of libc's,
 * and which never returns. libmilter is not told to stop at all: at its stop
 * 8.17 destroys mutexes that its workers still take, and may then wait for
 * ever.
 */
#ifndef READDRESS_MILTER_SIGNALS_H
#define READDRESS_MILTER_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Blocks HUP, TERM, INT, SIGNALS_WAKE and what else would kill us unasked
 * (USR1, USR2, ALRM, VTALRM, PROF, POLL) in this thread and all that it will
 * start, and ignores PIPE. Before the first thread; returns 0, or -1 with
 * errno. */
int signals_init(void);

/* With it other threads wake the control thread, which then looks round. */
#define SIGNALS_WAKE SIGRTMIN

/* What the control thread waits for: HUP, TERM, INT and SIGNALS_WAKE. */
void signals_set(sigset_t *set);

/* Has libmilter come here to wait? If not, it was linked against something else
 * and HUP may stop it. */
bool signals_taken(void);

#endif

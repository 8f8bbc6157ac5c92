/*
 * signals: who gets HUP, TERM and INT.
 *
 * libmilter starts a thread that waits with sigwait() for HUP, TERM and INT and
 * takes all three as the order to stop. Here they belong to the control thread:
 * signals.c defines sigwait(), which libmilter then calls instead of libc's,
 * and which waits for signals_stop() and for no signal at all.
 */
#ifndef READDRESS_MILTER_SIGNALS_H
#define READDRESS_MILTER_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Blocks HUP, TERM, INT, USR1 and USR2 in this thread and all that it will
 * start, and ignores PIPE. Before the first thread; returns 0 or -1. */
int signals_init(void);

/* What the control thread waits for: HUP, TERM and INT. */
void signals_set(sigset_t *set);

/* Makes libmilter's signal thread order the stop. */
void signals_stop(void);

/* Has libmilter come here to wait? If not, it was linked against something else
 * and HUP may stop it. */
bool signals_taken(void);

#endif

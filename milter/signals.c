#include "signals.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_bool taken;

/* It must be visible despite -fvisibility: otherwise libmilter calls libc's,
 * and the next SIGHUP may stop the milter. */
int sigwait(const sigset_t *set, int *sig)
	__attribute__((visibility("default"), used));

int signals_init(void)
{
	/* The milter does not use these, but by default they end a process. */
	static const int blocked[] = { SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM,
		SIGPROF, SIGPOLL };
	sigset_t set;

	signals_set(&set);
	for (size_t i = 0; i < sizeof blocked / sizeof *blocked; i++)
		sigaddset(&set, blocked[i]);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -1;
	return pthread_sigmask(SIG_BLOCK, &set, NULL) == 0 ? 0 : -1;
}

void signals_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGNALS_WAKE);
}

bool signals_taken(void)
{
	return atomic_load(&taken);
}

/* Only libmilter calls it. It waits for no signal: otherwise the kernel would
 * deliver SIGTERM either to this thread or to the control thread. */
int sigwait(const sigset_t *set, int *sig)
{
	(void)set;
	(void)sig;
	atomic_store(&taken, true);
	for (;;)
		(void)pause();
}

#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

static sem_t stop;
static atomic_bool taken;

int signals_init(void)
{
	/* Nobody sends these to us in earnest; left alone, they kill. */
	static const int blocked[] = { SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM,
		SIGPROF, SIGPOLL };
	sigset_t set;

	signals_set(&set);
	for (size_t i = 0; i < sizeof blocked / sizeof *blocked; i++)
		sigaddset(&set, blocked[i]);
	if (sem_init(&stop, 0, 0) != 0)
		return -1;
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
}

void signals_stop(void)
{
	(void)sem_post(&stop);
}

bool signals_taken(void)
{
	return atomic_load(&taken);
}

/* Nothing in this process but libmilter calls it. Were it to wait for TERM
 * itself, the kernel would pick either this thread or the control thread. */
int sigwait(const sigset_t *set, int *sig)
{
	(void)set;
	atomic_store(&taken, true);
	while (sem_wait(&stop) != 0) {
		if (errno != EINTR)
			return errno;
	}
	*sig = SIGTERM;
	return 0;
}

#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define PERIOD 1000 /* milliseconds */
#define STOP   1    /* seconds */

struct watch {
	pthread_t thread;
	const char *state_dir;
	struct snapshot_current *current;
	struct stat status; /* of the file that was read; 0: none was */
	bool failed;	    /* the last try failed, which was logged */
	int wake;	    /* readable when the thread should end */
	_Atomic(struct autoroutes *) news;
};

static void complain(struct watch *watch, const char *text)
{
	struct snapshot *snapshot = snapshot_get(watch->current);

	if (snapshot)
		log_line(&snapshot->log, LOG_LEVEL_ERROR,
			"%s; what was read before stays in force", text);
	snapshot_drop(snapshot);
}

static void look(struct watch *watch)
{
	struct autoroutes *read = NULL;
	struct error error = { .text = "" };

	if (!autoroutes_changed(watch->state_dir, &watch->status)) {
		watch->failed = false;
		return;
	}
	if (autoroutes_read(watch->state_dir, &read, &watch->status, &error) <
		0) {
		if (!watch->failed)
			complain(watch, error.text);
		watch->failed = true;
		return;
	}
	watch->failed = false;
	/* The one before may not have been taken yet. */
	autoroutes_close(atomic_exchange(&watch->news, read));
}

static void *run(void *argument)
{
	struct watch *watch = argument;
	struct pollfd wake = { .fd = watch->wake, .events = POLLIN };

	while (poll(&wake, 1, PERIOD) <= 0)
		look(watch);
	return NULL;
}

struct autoroutes *watch_take(struct watch *watch)
{
	if (!atomic_load_explicit(&watch->news, memory_order_relaxed))
		return NULL;
	return atomic_exchange(&watch->news, NULL);
}

int watch_start(struct watch **out, const char *state_dir,
	struct snapshot_current *current)
{
	struct watch *watch = calloc(1, sizeof *watch);

	if (!watch)
		return ERR_NOMEM;
	watch->state_dir = state_dir;
	watch->current = current;
	watch->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (watch->wake >= 0) {
		look(watch);
		errno = pthread_create(&watch->thread, NULL, run, watch);
		if (errno == 0) {
			*out = watch;
			return 0;
		}
		(void)close(watch->wake);
	}
	autoroutes_close(watch_take(watch));
	free(watch);
	return ERR_IO;
}

void watch_stop(struct watch *watch)
{
	struct timespec until;
	uint64_t one = 1;

	if (!watch)
		return;
	while (write(watch->wake, &one, sizeof one) < 0 && errno == EINTR)
		;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += STOP;
	if (pthread_timedjoin_np(watch->thread, NULL, &until) != 0)
		return;
	(void)close(watch->wake);
	autoroutes_close(watch_take(watch));
	free(watch);
}

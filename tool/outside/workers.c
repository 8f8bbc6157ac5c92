#include "outside/workers.h"

#include <pthread.h>
#include <time.h>

#include "base/error.h"

struct workers {
	pthread_mutex_t mutex; /* of next and done */
	pthread_cond_t changed;
	size_t next;
	size_t done;
	size_t count;
	void (*work)(void *context, size_t index);
	void *context;
};

static void *run(void *context)
{
	struct workers *workers = context;

	(void)pthread_mutex_lock(&workers->mutex);
	while (workers->next < workers->count) {
		size_t index = workers->next++;

		(void)pthread_mutex_unlock(&workers->mutex);
		workers->work(workers->context, index);
		(void)pthread_mutex_lock(&workers->mutex);
		workers->done++;
		(void)pthread_cond_signal(&workers->changed);
	}
	(void)pthread_mutex_unlock(&workers->mutex);
	return NULL;
}

/* Shows how far it is until all is done. */
static void watch(struct workers *workers, struct progress *progress)
{
	(void)pthread_mutex_lock(&workers->mutex);
	while (workers->done < workers->count) {
		(void)pthread_cond_wait(&workers->changed, &workers->mutex);
		progress_show(
			progress, workers->done, workers->count, workers->done);
	}
	(void)pthread_mutex_unlock(&workers->mutex);
}

int workers_run(size_t count, void (*work)(void *context, size_t index),
	void *context, struct progress *progress)
{
	struct workers workers = {
		.count = count, .work = work, .context = context
	};
	pthread_t threads[WORKERS_MAX];
	size_t started = 0;

	if (pthread_mutex_init(&workers.mutex, NULL))
		return ERR_NOMEM;
	if (pthread_cond_init(&workers.changed, NULL)) {
		(void)pthread_mutex_destroy(&workers.mutex);
		return ERR_NOMEM;
	}
	while (started < WORKERS_MAX && started < count &&
		!pthread_create(&threads[started], NULL, run, &workers))
		started++;
	if (started)
		watch(&workers, progress);
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	(void)pthread_cond_destroy(&workers.changed);
	(void)pthread_mutex_destroy(&workers.mutex);
	return started || !count ? 0 : ERR_NOMEM;
}

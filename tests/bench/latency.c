#include "latency.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

uint64_t latency_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void latency_wait(uint64_t until)
{
	struct timespec time = { .tv_sec = (time_t)(until / 1000000000),
		.tv_nsec = (long)(until % 1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) ==
		EINTR)
		;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *one = a;
	const uint64_t *two = b;

	return (*one > *two) - (*one < *two);
}

void latency_print(uint64_t *samples, size_t count)
{
	qsort(samples, count, sizeof *samples, compare);
	(void)printf("%.1f %.1f %.1f", (double)samples[count / 2] / 1e3,
		(double)samples[count * 99 / 100] / 1e3,
		(double)samples[count - 1] / 1e3);
}

/*
 * latency: how long each of many answers took.
 */
#ifndef READDRESS_BENCH_LATENCY_H
#define READDRESS_BENCH_LATENCY_H

#include <stddef.h>
#include <stdint.h>

/* Returns nanoseconds of a clock that only goes forward. */
uint64_t latency_now(void);

/* Waits until that clock shows this. */
void latency_wait(uint64_t until);

/* Sorts the samples, which are nanoseconds, and prints "P50 P99 MAX" in
 * microseconds. There must be one or more. */
void latency_print(uint64_t *samples, size_t count);

#endif

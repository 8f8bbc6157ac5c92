/*
 * workers: does many pieces of work, of which each waits for the network most
 * of the time, in several threads. Tested by tests/e2e/dns.test.
 */
#ifndef READDRESS_TOOL_OUTSIDE_WORKERS_H
#define READDRESS_TOOL_OUTSIDE_WORKERS_H

#include "base/bytes.h"
#include "print/progress.h"

#define WORKERS_MAX 32 /* threads */

/*
 * Calls work(context, i) once for each i below count, in no certain order and
 * in several threads, and returns when all calls have returned. Shows how far
 * it is. Returns 0, or ERR_NOMEM if no thread can be started.
 */
int workers_run(size_t count, void (*work)(void *context, size_t index),
	void *context, struct progress *progress) MUST_CHECK;

#endif

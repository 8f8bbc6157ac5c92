/*
 * programs: programs of a running Postfix that have read its files, which they
 * do once, when they start. Tested by tests/e2e/removed.test.
 */
#ifndef READDRESS_TOOL_MTA_PROGRAMS_H
#define READDRESS_TOOL_MTA_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROGRAMS_MAX 256

struct programs {
	struct program {
		pid_t pid;
		uint64_t started; /* in clock ticks */
	} items[PROGRAMS_MAX];
	size_t count;
};

/* Finds those programs that master(8) has started which decide where mail goes:
 * qmgr, pickup and trivial-rewrite. They end as soon as they notice that
 * master(8) has read its files again. None is found if master is 0, or
 * where /proc does not tell. */
void programs_find(struct programs *programs, pid_t master);

/* True if one of them still runs. */
bool programs_run(const struct programs *programs);

#endif

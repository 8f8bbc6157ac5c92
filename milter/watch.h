/*
 * watch: a thread that looks once a second whether `readdress dns --auto` wrote
 * a new file state_dir/autoroutes, and reads it then. The thread that answers
 * look-ups does not do this itself, because a disk may hang. Tested by
 * tests/e2e/lookups.test.
 */
#ifndef READDRESS_MILTER_WATCH_H
#define READDRESS_MILTER_WATCH_H

#include "routing/autoroutes.h"
#include "snapshot.h"

struct watch;

/* Reads the file, if there is one, and starts the thread. A file that cannot be
 * read is one line in the log; what was read before stays in force. state_dir
 * and current must live as long as the watch. Returns 0; or ERR_NOMEM or
 * ERR_IO with errno, and then *watch is unchanged. */
int watch_start(struct watch **watch, const char *state_dir,
	struct snapshot_current *current) MUST_CHECK;

/* Ends the thread; if its disk hangs, leaves it behind after a second. watch
 * may be NULL. */
void watch_stop(struct watch *watch);

/* Returns what the file says, which the caller must close, if it says something
 * new since the last call; else NULL. One thread may call it. */
struct autoroutes *watch_take(struct watch *watch) MUST_CHECK;

#endif

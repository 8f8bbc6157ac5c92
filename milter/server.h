/*
 * server: what the threads of the daemon share. There is one; libmilter hands
 * its callbacks no pointer of ours, so session.c keeps the address.
 */
#ifndef READDRESS_MILTER_SERVER_H
#define READDRESS_MILTER_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "listener.h"
#include "base/logsink.h"
#include "proofs.h"
#include "snapshot.h"
#include "runtime/metrics.h"
#include "twice.h"

#define SERVER_NAME "readdress-milter"

/* Options whose change takes a restart; of the configuration at the start. */
struct server_fixed {
	char *socket;
	char *user;
	char *state_dir;
	char *runtime_dir;
	int timeout;
};

struct server {
	const char *conf; /* absolute path */
	bool no_stderr;	  /* we are in the background, and it is /dev/null */
	struct logsink *sink; /* for all log lines, from the first moment on */
	int lock;	      /* of the pid file; held as long as we run */
	int served_lock;      /* of the state directory's served/; the same */
	struct server_fixed fixed;
	int64_t started; /* seconds since 1970 */
	struct snapshot_current current;
	struct listener listener;
	struct metrics metrics;
	struct proofs proofs;
	struct twice twice;
	_Atomic uint64_t
		twice_told; /* clock_ms() of its last warning; 0: none */

	/* callbacks that run now */
	_Atomic long callbacks;
	/* messages between MAIL and their end: [0] those that began before the
	 * stop was asked for, [1] those after */
	_Atomic long messages[2];
	atomic_bool stopping; /* the stop was asked for */
	atomic_bool closed;   /* no callback begins any more */
	atomic_bool failed;   /* smfi_main has returned */
};

#endif

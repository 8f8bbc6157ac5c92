/*
 * server: what the threads of the milter share. There is one; session.c keeps
 * its address, because libmilter passes no pointer to its callbacks. A type
 * only. Tested by tests/unit/milter/test_milter.c.
 */
#ifndef READDRESS_MILTER_SERVER_H
#define READDRESS_MILTER_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "approved.h"
#include "greeted.h"
#include "listener.h"
#include "base/logsink.h"
#include "proofs.h"
#include "snapshot.h"
#include "runtime/metrics.h"
#include "twice.h"

#define SERVER_NAME "readdress-milter"

struct lookups;
struct usage;

/* The options that cannot change without a restart, as at the start. */
struct server_fixed {
	char *socket;
	char *lookup_socket; /* "": none */
	char *user;
	char *state_dir;
	char *runtime_dir;
	int timeout;
};

/* The callbacks that run now. Each thread counts in one of the stripes, so that
 * two threads seldom write to the same line of the processor's cache. */
#define SERVER_STRIPES 8
struct server_callbacks {
	_Alignas(64) _Atomic long running;
};

struct server {
	const char *conf;     /* absolute path */
	bool no_stderr;	      /* standard error is /dev/null */
	struct logsink *sink; /* for all log lines */
	int lock;	      /* the pid file, locked while the milter runs */
	int served_lock;      /* served/lock, likewise */
	struct server_fixed fixed;
	int64_t started; /* seconds since 1970 */
	struct snapshot_current current;
	struct listener listener;
	struct listener lookup_listener; /* its name is NULL if there is none */
	int activated;		 /* a socket that systemd passed; -1: none */
	struct lookups *lookups; /* NULL: they do not run */
	struct usage *usage;	 /* NULL: nothing is counted */
	struct metrics metrics;
	struct proofs proofs;
	struct approved approved; /* for the control thread only */
	struct twice twice;
	struct greeted greeted;
	/* clock_ms() of the last warning about twice; 0: none. */
	_Atomic uint64_t twice_told;

	struct server_callbacks callbacks[SERVER_STRIPES];
	/* The messages between MAIL and their end: [0] those that began before
	 * stopping was set, [1] those that began after it. */
	_Atomic long messages[2];
	atomic_bool stopping; /* SIGTERM or SIGINT came */
	atomic_bool closed;   /* no new callback begins */
	atomic_bool failed;   /* smfi_main() has returned */
};

#endif

/*
 * lookups: the look-up service: a thread that answers Postfix's socketmap
 * look-ups (socketmap_table(5)) from the snapshot in force. libmilter has no
 * part in it. Tested by tests/unit/milter/test_lookups.c and
 * tests/e2e/lookups.test.
 *
 * The thread never waits for anything but the next query: it reads no file, its
 * log lines go through the logsink, and each peer gets or gives what is
 * possible at once. An answer comes from one snapshot, the one that is in force
 * when the query is taken from the connection.
 */
#ifndef READDRESS_MILTER_LOOKUPS_H
#define READDRESS_MILTER_LOOKUPS_H

#include "runtime/metrics.h"
#include "snapshot.h"

/* The most connections; each process of Postfix that looks something up holds
 * one. A further one is accepted, and the one that was idle longest is closed:
 * Postfix opens it again when it needs it, but would defer mail if new ones
 * were refused. */
#define LOOKUPS_CONNECTIONS 4096
/* The fewest that every installation should allow. */
#define LOOKUPS_CONNECTIONS_MIN 2000
/* Milliseconds after which a peer is closed that has sent a part of a packet,
 * or has not read its answers. */
#define LOOKUPS_PATIENCE 5000

struct lookups;

/*
 * Starts the thread on fd, a listening socket that does not block and that
 * belongs to it from then on, also after an error. state_dir, current and
 * metrics must live as long as it.
 * Signals should be blocked. The number of connections is at most limit, and at
 * most half of what RLIMIT_NOFILE leaves, since the milter needs the other
 * half.
 *
 * Returns 0, with a warning in *error if fewer than LOOKUPS_CONNECTIONS_MIN are
 * possible; ERR_NOMEM or ERR_IO, with a text in *error, if it cannot be
 * started.
 */
int lookups_start(struct lookups **lookups, int fd, size_t limit,
	const char *state_dir, struct snapshot_current *current,
	struct metrics *metrics, struct error *error) MUST_CHECK;

/* Answers what has come, closes all connections and ends the thread. Takes a
 * second at most. Does nothing for NULL. */
void lookups_stop(struct lookups *lookups);

#endif

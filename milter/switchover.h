/*
 * switchover: puts in force what is approved. The control thread looks at the
 * approval once a second, by CLOCK_REALTIME. A generation is verified up to a
 * minute ahead, and put in force when it is due.
 *
 * If it cannot be served, what is in force stays, and this is logged and
 * counted once. A map that is damaged, gone or another one is not tried again;
 * after a failure of memory or of the disk it is, every 10 s.
 *
 * Tested by tests/e2e/approval.test.
 */
#ifndef READDRESS_MILTER_SWITCHOVER_H
#define READDRESS_MILTER_SWITCHOVER_H

#include "server.h"

/* Reads what is approved, and does what is due. Returns true if status.prom has
 * become out of date. For the control thread only. */
bool switchover_look(struct server *server);

#endif

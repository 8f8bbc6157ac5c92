/*
 * mtasocket: lets libmilter open the milter's socket, with the care of
 * listener.h. Tested by tests/e2e/daemon.test and start.test.
 */
#ifndef READDRESS_MILTER_MTASOCKET_H
#define READDRESS_MILTER_MTASOCKET_H

#include "listener.h"

/* Does what listener_open() does, but libmilter keeps the descriptor. Also
 * returns 1 if TCP_NODELAY could not be set. */
int mtasocket_open(struct listener *listener,
	const struct listener_access *access, struct error *error) MUST_CHECK;

#endif

/*
 * activation: a socket that systemd holds for the milter
 * (readdress-lookup.socket), so that look-ups wait during a restart and do not
 * fail. Tested by tests/e2e/lookups.test.
 */
#ifndef READDRESS_MILTER_ACTIVATION_H
#define READDRESS_MILTER_ACTIVATION_H

#include "listener.h"

/* FileDescriptorName= of the socket unit. */
#define ACTIVATION_NAME "lookup"

/* Returns the descriptor that was passed under that name (sd_listen_fds(3)), or
 * -1. Must be called before the process forks, and once. */
int activation_take(void) MUST_CHECK;

/* True if fd, which activation_take() returned, listens at the address of this
 * listener. If not, *error tells why, unless there is no fd; the listener's
 * name may be NULL. */
bool activation_held(
	int fd, const struct listener *listener, struct error *error);

#endif

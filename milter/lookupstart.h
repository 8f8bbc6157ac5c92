/*
 * lookupstart: what the start does for the look-up service: finds its socket,
 * opens it or takes it from systemd, and starts the threads. Tested by
 * tests/e2e/lookups.test.
 */
#ifndef READDRESS_MILTER_LOOKUPSTART_H
#define READDRESS_MILTER_LOOKUPSTART_H

#include "server.h"

/* Sets the listeners of the MTA and of look-ups. lookup_socket may be ""; the
 * name of the second one is then NULL. Returns as listener_init() does. */
int lookupstart_init(struct listener *mta, struct listener *lookup,
	const char *socket, const char *lookup_socket,
	struct error *error) MUST_CHECK;

/* Opens the socket for look-ups, unless systemd has passed it; does nothing if
 * there is none. Returns 0; 1 with a warning in *error; or the errors of
 * listener_open(). */
int lookupstart_open(struct server *server,
	const struct listener_access *access, struct error *error) MUST_CHECK;

/* Starts the service, if its socket is open. Returns 0; 1 with a warning in
 * *error; or the errors of lookups_start(). */
int lookupstart_run(struct server *server, struct error *error) MUST_CHECK;

#endif

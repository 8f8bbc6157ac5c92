/*
 * session: libmilter's callbacks, thin. One session for each connection of the
 * MTA; its callbacks come one after the other but from different threads.
 */
#ifndef READDRESS_MILTER_SESSION_H
#define READDRESS_MILTER_SESSION_H

#include "server.h"

/* Registers the callbacks; server is theirs from now on. 0, or -1. */
int session_register(struct server *server) MUST_CHECK;

#endif

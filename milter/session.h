/*
 * session: libmilter's callbacks, which do little themselves. Each connection
 * of the MTA has a session; its callbacks come one after the other, but from
 * different threads. Tested by tests/unit/milter/test_milter.c.
 */
#ifndef READDRESS_MILTER_SESSION_H
#define READDRESS_MILTER_SESSION_H

#include "server.h"

/* Registers the callbacks, which use server from now on. Returns 0 or -1. */
int session_register(struct server *server) MUST_CHECK;

#endif

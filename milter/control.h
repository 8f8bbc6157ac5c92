/*
 * control: the thread that owns the signals and the clock. HUP: a reload. Every
 * 5 s: status.prom. TERM and INT: the stop, which gives messages that have
 * begun some seconds to end.
 */
#ifndef READDRESS_MILTER_CONTROL_H
#define READDRESS_MILTER_CONTROL_H

#include <pthread.h>

#include "server.h"

/* Starts it; the signals must be blocked. 0 or -1. */
int control_start(struct server *server, pthread_t *thread) MUST_CHECK;

/* smfi_main is over: ends the thread, and waits until callbacks that still run
 * have answered. Returns false when some never did. */
bool control_end(struct server *server, pthread_t thread) MUST_CHECK;

/* Removes status.prom: a number of an instance that is gone helps nobody. */
void control_remove_status(const char *runtime_dir);

/* Writes status.prom; a failure is logged. */
void control_write_status(struct server *server);

#endif

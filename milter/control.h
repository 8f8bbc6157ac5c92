/*
 * control: the thread that owns the signals and the clock. HUP: a reload. Every
 * 5 s: status.prom. When a message brings a proof: served/required. TERM and
 * INT: the stop, which gives messages that have begun some seconds to end, and
 * then ends the process.
 */
#ifndef READDRESS_MILTER_CONTROL_H
#define READDRESS_MILTER_CONTROL_H

#include <pthread.h>

#include "server.h"

/* Starts it; the signals must be blocked. 0 or -1. */
int control_start(struct server *server, pthread_t *thread) MUST_CHECK;

/* smfi_main has returned, which it does only when it failed: lets callbacks
 * that still run answer, and ends the process with EX_OSERR. */
_Noreturn void control_failed(struct server *server, pthread_t thread);

/* Removes status.prom: a number of an instance that is gone helps nobody. */
void control_remove_status(const char *runtime_dir);

/* Writes status.prom; a failure is logged. */
void control_write_status(struct server *server);

#endif

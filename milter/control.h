/*
 * control: the thread that receives the signals. At SIGHUP it reloads; every
 * second it looks at what is approved; every 5
 * s it writes status.prom; when a message shows a required header for the first
 * time, it writes served/required. At SIGTERM and SIGINT it waits some seconds
 * for messages that have begun, and ends the process. Tested by
 * tests/e2e/daemon.test.
 */
#ifndef READDRESS_MILTER_CONTROL_H
#define READDRESS_MILTER_CONTROL_H

#include <pthread.h>

#include "server.h"

/* Starts the thread. The signals must be blocked (signals_init()). Returns 0 or
 * -1. */
int control_start(struct server *server, pthread_t *thread) MUST_CHECK;

/* Must be called when smfi_main() returns, which it does only after a failure.
 * Lets the callbacks that still run answer, and ends the process with EX_OSERR.
 */
_Noreturn void control_failed(struct server *server, pthread_t thread);

/* Removes status.prom, whose numbers are those of a milter that ended. */
void control_remove_status(const char *runtime_dir);

/* Writes status.prom, and logs a failure. */
void control_write_status(struct server *server);

#endif

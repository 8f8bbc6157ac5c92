/*
 * pidfile: runtime_dir/pid, of which the milter that runs holds the lock.
 */
#ifndef READDRESS_RUNTIME_PIDFILE_H
#define READDRESS_RUNTIME_PIDFILE_H

#include <sys/types.h>

#include "base/error.h"

/* The process that holds the fcntl lock on runtime_dir/pid: 1 and *pid; 0 when
 * none does; or an error. */
int pidfile_running(
	const char *runtime_dir, pid_t *pid, struct error *error) MUST_CHECK;

/* Would pidfile_claim, by this user, be let at the file? Nothing is changed,
 * and nobody's lock is asked for; where runtime_dir is missing, 0. */
int pidfile_may_claim(const char *runtime_dir, struct error *error) MUST_CHECK;

/* Takes that lock for this process and writes its number. *fd stays open as
 * long as it is to be held. ERR_BUSY when another holds it. Note: fcntl locks
 * are lost when any descriptor of the file is closed, and by fork. */
int pidfile_claim(
	const char *runtime_dir, int *fd, struct error *error) MUST_CHECK;

#endif

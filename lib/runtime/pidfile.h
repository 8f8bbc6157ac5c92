/*
 * pidfile: runtime_dir/pid, which holds the process number of the running
 * milter and is locked by it.
 *
 * Every function here returns a negative error, with its text in *error, as
 * listed in error_set_errno() (error.h); further errors are named with the
 * function.
 */
#ifndef READDRESS_RUNTIME_PIDFILE_H
#define READDRESS_RUNTIME_PIDFILE_H

#include <sys/types.h>

#include "base/error.h"

/* Returns 1 and sets *pid if a process holds the fcntl lock on runtime_dir/pid,
 * 0 if none does, or an error. Returns ERR_PERM also if that process is in
 * another container, so that its number cannot be known. */
int pidfile_running(
	const char *runtime_dir, pid_t *pid, struct error *error) MUST_CHECK;

/* Checks that the rights of this user suffice for pidfile_claim(). Changes
 * nothing, and does not look at the lock. Returns 0 or an error; 0 also if
 * runtime_dir does not exist. */
int pidfile_may_claim(const char *runtime_dir, struct error *error) MUST_CHECK;

/* Takes the lock for this process and writes its number. Sets *fd, which must
 * stay open as long as the lock is needed. The lock is lost when the process
 * closes any descriptor of this file, and a child does not inherit it. Returns
 * 0, or an error; ERR_BUSY if another process has the lock. */
int pidfile_claim(
	const char *runtime_dir, int *fd, struct error *error) MUST_CHECK;

#endif

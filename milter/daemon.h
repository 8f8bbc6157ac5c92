/*
 * daemon: who the process is, and how it leaves the terminal.
 */
#ifndef READDRESS_MILTER_DAEMON_H
#define READDRESS_MILTER_DAEMON_H

#include "config.h"
#include "listener.h"

struct daemon_account {
	bool root; /* we were started as root: uid and gid are to be taken on */
	uid_t uid; /* (uid_t)-1 when not started as root */
	gid_t gid;
	struct listener_access access; /* of the socket */
	bool group_missing;
};

/* Looks up user and socket_group. ERR_CONFIG as root where one is missing, with
 * the command that makes it. Nothing in account is to be freed; group points
 * into config. */
int daemon_account(const struct config *config, struct daemon_account *account,
	struct error *error) MUST_CHECK;

/* The socket's group and mode alone, for a reload. True when there is that
 * group. */
bool daemon_access(const struct config *config, struct listener_access *access);

/* ERR_CONFIG: socket_group does not exist, with file, line and command. */
int daemon_no_group(const struct config *config, struct error *error);

/* Gives up root for good; nothing to do when not root, or when user is root. */
int daemon_become(const struct config *config,
	const struct daemon_account *account, struct error *error) MUST_CHECK;

/* Makes runtime_dir with mode 0755, of the account, where it is missing. */
int daemon_make_runtime(const char *directory,
	const struct daemon_account *account, struct error *error) MUST_CHECK;

/*
 * Forks. Returns in the child alone, in a session of its own, with the
 * descriptor for daemon_ready. The parent waits: it exits 0 when the child
 * calls daemon_ready, or with the child's exit code. ERR_IO when it cannot
 * fork.
 */
int daemon_detach(int *ready, struct error *error) MUST_CHECK;

/* The child serves: the parent may go. Standard input and output, and standard
 * error unless it is the log, become /dev/null. */
void daemon_ready(int ready, bool keep_stderr);

#endif

/*
 * daemon: who the process is, and how it leaves the terminal. What changes the
 * process is for the time before there are threads.
 */
#ifndef READDRESS_MILTER_DAEMON_H
#define READDRESS_MILTER_DAEMON_H

#include "config/config.h"
#include "listener.h"

struct daemon_account {
	bool root; /* we were started as root: uid and gid are to be taken on */
	uid_t uid; /* (uid_t)-1 when not started as root */
	gid_t gid;
	struct listener_access access; /* of the socket */
	bool group_missing;
};

/* Looks up user and socket_group. ERR_IO, ERR_NOMEM: they cannot be looked up
 * now. ERR_CONFIG as root where the user is missing,
 * or, for a unix socket, the group, with the command that makes it. Nothing in
 * account is to be freed; access.group lives as long as config. */
int daemon_account(const struct config *config, struct daemon_account *account,
	struct error *error) MUST_CHECK;

/* The socket's group and mode alone, for a reload; group lives as long as
 * config. True when there is that group; else no group gets access, and gid is
 * (gid_t)-1. One thread at a time. */
bool daemon_access(const struct config *config, struct listener_access *access);

/* ERR_CONFIG: socket_group does not exist, with file, line and command. */
int daemon_no_group(const struct config *config, struct error *error);

/* Gives up root and its groups for good; nothing to do when not root, or when
 * user is root. 0 or ERR_PERM. */
int daemon_become(const struct config *config,
	const struct daemon_account *account, struct error *error) MUST_CHECK;

/* Makes runtime_dir with mode 0755, of the account, where it is missing; its
 * parent must be there. ERR_PERM; ERR_CREATE. */
int daemon_make_runtime(const char *directory,
	const struct daemon_account *account, struct error *error) MUST_CHECK;

/*
 * Forks. Returns 0 in the child alone, in a session of its own and in "/", with
 * the descriptor for daemon_ready. The parent waits: it exits 0 when the child
 * calls daemon_ready, or with the child's exit code. In the parent: ERR_IO when
 * it can make no pipe or process. In the child: as error_set_errno when it
 * cannot change to "/".
 */
int daemon_detach(int *ready, struct error *error) MUST_CHECK;

/* The child serves: the parent may go. Closes ready. Standard input and output,
 * and standard error unless it is the log, become /dev/null. */
void daemon_ready(int ready, bool keep_stderr);

#endif

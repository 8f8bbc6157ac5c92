/*
 * daemon: the user and group of the process, and how it detaches from the
 * terminal. Functions that change the process must be called before there are
 * threads. Tested by tests/e2e/daemon.test and start.test.
 */
#ifndef READDRESS_MILTER_DAEMON_H
#define READDRESS_MILTER_DAEMON_H

#include "config/config.h"
#include "listener.h"

struct daemon_account {
	bool root; /* started as root: the process must take on uid and gid */
	uid_t uid; /* (uid_t)-1 if not started as root */
	gid_t gid; /* likewise */
	struct listener_access access; /* of the sockets */
	bool group_missing;	       /* socket_group does not exist */
};

/* Looks up user and socket_group. account->access.group lives as long as
 * config; the caller frees nothing. Returns 0; or, with a text in *error,
 * ERR_IO or ERR_NOMEM if they cannot be looked up now, or ERR_CONFIG, as root,
 * if the user does not exist or, for a unix socket, the group; the text has the
 * command that makes it. */
int daemon_account(const struct config *config, struct daemon_account *account,
	struct error *error) MUST_CHECK;

/* True if one of these options, of which the second may be "", names a unix
 * socket: it then needs socket_group. */
bool daemon_needs_group(const char *socket, const char *lookup_socket);

/* Sets *access to the group and mode of the sockets, for a reload;
 * access->group lives as long as config. True if the group exists; if not, gid
 * is (gid_t)-1 and the mode gives no access to the group. One thread at a time
 * may call it.
 */
bool daemon_access(const struct config *config, struct listener_access *access);

/* Returns ERR_CONFIG with the text that socket_group does not exist, which has
 * the file, the line and the command that makes the group. */
int daemon_no_group(const struct config *config, struct error *error);

/* Gives up root and its groups for good, unless the process is not root or
 * should stay root. Returns 0; or ERR_PERM with a text in *error. */
int daemon_become(const struct config *config,
	const struct daemon_account *account, struct error *error) MUST_CHECK;

/* Makes runtime_dir, unless it exists, with mode 0755 and the account as its
 * owner. Its parent must exist. Returns 0; or, with a text in *error, ERR_PERM
 * or ERR_CREATE. */
int daemon_make_runtime(const char *directory,
	const struct daemon_account *account, struct error *error) MUST_CHECK;

/*
 * Forks. The child has a session of its own and "/" as its working directory;
 * there it returns 0 and sets *ready for daemon_ready(), or returns an error of
 * error_set_errno() if it cannot change to "/". The parent waits: it exits with
 * 0 when the child calls daemon_ready(), or with the child's exit code if that
 * ends before. If no child could be made, it returns ERR_IO with a text in
 * *error.
 */
int daemon_detach(int *ready, struct error *error) MUST_CHECK;

/* Lets the parent of daemon_detach() exit, and closes ready. Standard input and
 * output become /dev/null, and so does standard error unless keep_stderr. */
void daemon_ready(int ready, bool keep_stderr);

#endif

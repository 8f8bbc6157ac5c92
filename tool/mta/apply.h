/*
 * apply: makes planned changes in the files of instances of Postfix, and takes
 * them back. Tested by tests/e2e/applied.test,
 * tests/e2e/applyfails.test and tests/e2e/removed.test.
 */
#ifndef READDRESS_TOOL_MTA_APPLY_H
#define READDRESS_TOOL_MTA_APPLY_H

#include "mta/instance.h"

/* main.cf and master.cf as they were before. */
struct apply_saved {
	struct apply_file {
		char *path; /* NULL: nothing is saved */
		char *copy; /* the file beside it, with the same text */
		char *text;
		size_t len;
		mode_t mode;
		uid_t user;
		gid_t group;
	} files[2];
};

/* Keeps main.cf and master.cf of the instance: in memory, and beside them as
 * main.cf.before-readdress and master.cf.before-readdress, for whoever finds
 * this process killed. apply_forget() it in any case. Returns 0; ERR_PERM,
 * ERR_IO, ERR_NOENT, ERR_NOMEM or ERR_CREATE. */
int apply_save(const struct instance *instance, struct apply_saved *saved,
	struct error *error) MUST_CHECK;
void apply_forget(struct apply_saved *saved);

/* Puts both files back, if they are saved. Where there is no space for a new
 * file, the copy beside it takes its place. Returns as apply_save(). */
int apply_restore(
	const struct apply_saved *saved, struct error *error) MUST_CHECK;

/* Makes sure that nobody else changes the instance by readdress: takes a lock
 * (flock) on its directory. Returns the descriptor, and the lock is held until
 * the caller closes it; ERR_BUSY if another process holds it, or ERR_IO. */
int apply_lock(const struct instance *instance, struct error *error) MUST_CHECK;

/* Returns ERR_CONFIG if the instance has ended, which it does when it cannot
 * listen at an address, or ends within a second; or else 0. */
int apply_check_master(
	const struct instance *instance, struct error *error) MUST_CHECK;

/* Makes the changes of the plan by postconf(1), and has the instance read its
 * files where the plan says so, or else in the end. What is in between two
 * reloads is made in this order: what main.cf gains, by one call; master.cf;
 * what goes from main.cf. Returns as apply_reload(). */
int apply_plan(
	struct instance *instance, bool runs, struct error *error) MUST_CHECK;

/* Has the instance read its files again if it runs, checks them, and waits
 * until the programs that hand mail over are new ones. runs tells whether it
 * ran before; if it has ended, that is ERR_CONFIG. Returns 0; ERR_DOWN if old
 * programs go on; or an error of postconf_call(). */
int apply_reload(const struct instance *instance, bool runs,
	struct error *error) MUST_CHECK;

/* Does the same, and starts the instance if it has ended. */
int apply_revive(const struct instance *instance, bool runs,
	struct error *error) MUST_CHECK;

#endif

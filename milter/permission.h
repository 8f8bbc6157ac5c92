/*
 * permission: finds the file of the state directory that the milter's user may
 * not use, and the command that gives it the right. Tested by
 * tests/e2e/start.test.
 */
#ifndef READDRESS_MILTER_PERMISSION_H
#define READDRESS_MILTER_PERMISSION_H

#include "config/config.h"

/*
 * Appends to *error which file of state_dir this user may not use, and what to
 * do, after a start or -t failed with ERR_PERM. Does not change *error if there
 * is no such file. Must be called as the user who runs the milter.
 */
void permission_explain(const struct config *config, struct error *error);

#endif

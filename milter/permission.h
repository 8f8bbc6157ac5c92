/*
 * permission: what the state directory denies to the user who runs the milter,
 * and the command that mends it.
 */
#ifndef READDRESS_MILTER_PERMISSION_H
#define READDRESS_MILTER_PERMISSION_H

#include "config/config.h"

/*
 * After a start, or -t, failed with ERR_PERM: appends to error which file of
 * state_dir this user may not use, and what to do. Leaves error as it is when
 * there is no such file. As the user who runs the milter.
 */
void permission_explain(const struct config *config, struct error *error);

#endif

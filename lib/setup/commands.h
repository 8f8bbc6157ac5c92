/*
 * commands: a plan as commands of the shell, each with its reason as a comment.
 */
#ifndef READDRESS_SETUP_COMMANDS_H
#define READDRESS_SETUP_COMMANDS_H

#include "setup/plan.h"

/* Returns the commands, a line or more each; "" if there is nothing to do.
 * directory is that of main.cf, for -c; NULL is Postfix's own. */
const char *commands_text(struct plan *plan, const char *directory);

/* Returns the command of one change; NULL of a note, which has none. */
const char *commands_line(struct plan *plan, const char *directory,
	const struct plan_change *change);

/* Returns the command that has a running Postfix read its files again. */
const char *commands_reload(struct plan *plan, const char *directory);

/* Returns the option of postconf(1) that makes changes of the kind, "-e"; "" if
 * no option does. */
const char *commands_option(enum plan_kind kind);

/* Returns the operand that makes the change, "name = value". */
const char *commands_operand(
	struct plan *plan, const struct plan_change *change);

#endif

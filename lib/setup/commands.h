/*
 * commands: a plan as commands of the shell, each with its reason as a comment.
 */
#ifndef READDRESS_SETUP_COMMANDS_H
#define READDRESS_SETUP_COMMANDS_H

#include "setup/plan.h"

/* Returns the commands, a line or more each; "" if there is nothing to do.
 * directory is that of main.cf, for -c; NULL is Postfix's own. */
const char *commands_text(struct plan *plan, const char *directory);

/* Returns the text in single quotes of the shell. */
const char *commands_quote(struct plan *plan, const char *text);

#endif

/*
 * trial: tries all messages of a mailbox, to show what the rules would do to,
 * say, the mail of a week. Tested by tests/e2e/rewrite.test.
 */
#ifndef READDRESS_TOOL_MESSAGE_TRIAL_H
#define READDRESS_TOOL_MESSAGE_TRIAL_H

#include "message/attempt.h"

/* Tries each message of the mailbox of --mbox, prints a line for each one that
 * would change, and a summary. Counts a message whose headers are too long, and
 * goes on. Returns 0; an error of mbox_open(), mbox_next() or attempt_decide();
 * or ERR_IO if standard output failed. */
int trial_run(struct attempt *attempt, struct error *error) MUST_CHECK;

#endif

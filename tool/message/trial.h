/*
 * trial: all messages of a mailbox, to see what a week's mail would become.
 */
#ifndef READDRESS_TOOL_MESSAGE_TRIAL_H
#define READDRESS_TOOL_MESSAGE_TRIAL_H

#include "message/attempt.h"

/* All messages of the mailbox that --mbox names; of one whose headers are too
 * long it only tells. Errors as mbox_open, mbox_next, attempt_decide; ERR_IO
 * when standard output failed. */
int trial_run(struct attempt *attempt, struct error *error) MUST_CHECK;

#endif

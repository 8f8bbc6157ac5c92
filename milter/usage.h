/*
 * usage: counts what messages used, in served/usage (lib/usage/usage.h). A
 * message adds to one of several small tables, whichever no other thread holds,
 * and never waits for a lock or the disk. A thread empties the tables, and
 * writes the file every 60 s, at a reload and at the stop. Tested by
 * tests/e2e/usage.test.
 */
#ifndef READDRESS_MILTER_USAGE_H
#define READDRESS_MILTER_USAGE_H

#include "snapshot.h"
#include "usage/usage.h"

struct usage;

/* Starts the thread, which reads served/usage first. current must live as long
 * as the usage. Returns 0; or ERR_NOMEM or ERR_IO with errno, and then *usage
 * is unchanged. */
int usage_start(
	struct usage **usage, struct snapshot_current *current) MUST_CHECK;

/* Counts a message that was accepted or, for want of a required header,
 * refused, if the option usage is on. Any thread may call it. usage may be
 * NULL. */
void usage_note(struct usage *usage, const struct snapshot *snapshot,
	const struct decide_message *message, const struct decision *decision);

/* Makes the thread write the file soon. Does not wait. usage may be NULL. */
void usage_write(struct usage *usage);

/* Writes the file and ends the thread, which is left behind if that takes
 * longer than 2 s. No message may be noted any more. usage may be NULL. */
void usage_stop(struct usage *usage);

#endif

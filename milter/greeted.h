/*
 * greeted: remembers the last senders by which `readdress postfix --apply`
 * greets the milter through Postfix (runtime/greeting.h). Messages note them;
 * the control thread writes them to a file. Tested by tests/e2e/applied.test.
 */
#ifndef READDRESS_MILTER_GREETED_H
#define READDRESS_MILTER_GREETED_H

#include <stdatomic.h>

#include "base/bytes.h"
#include "runtime/greeting.h"

struct greeted {
	/* A greeting of which two threads wrote the halves is one that nobody
	 * waits for. */
	_Atomic uint64_t slots[GREETING_SLOTS][2];
	_Atomic unsigned next; /* the slot of the next one */
	atomic_bool changed;   /* the file is not up to date */
	_Atomic uint64_t woke; /* clock_ms() when control was woken last */
};

/* Notes the sender of a message if it is a greeting, and wakes the control
 * thread, but not more than five times a second. Any thread may call it. */
void greeted_note(struct greeted *greeted, const char *sender);

/* Writes the file if it is not up to date. A failure is not told: the tool
 * waits in vain then. For the control thread only. */
void greeted_keep(struct greeted *greeted, const char *runtime_dir);

#endif

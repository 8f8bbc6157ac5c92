/*
 * trace: finds the lines of the mail log that are about a message, and tells
 * its story. Tested by tests/unit/trace/test_trace.c.
 *
 * The log is read several times, because a bounce may stand before the line
 * that names it: the caller gives each line of it to trace_line(), and begins
 * again while trace_again() says so.
 */
#ifndef READDRESS_TRACE_TRACE_H
#define READDRESS_TRACE_TRACE_H

/*
 * The wing trace/: what happened to a message, read from the mail log.
 *
 *   maillog  one line of the log
 *   story    what the log says of one message
 */

#include "base/error.h"
#include "trace/story.h"

/* The most messages that are told. */
#define TRACE_MESSAGES_MAX 1000

struct trace;

/*
 * Begins. asked is a queue ID, a message-id in "<>" or an address, with or
 * without "<>": with an "@" and "<>" it is both of the latter. Sets *trace,
 * which trace_close() frees; asked must live as long. Returns 0; ERR_USAGE with
 * a text if it can be none of them; ERR_NOMEM.
 */
int trace_open(struct trace **trace, const char *asked,
	struct error *error) MUST_CHECK;
void trace_close(struct trace *trace); /* may be NULL */

/* Takes the next line of the log, without its newline. A NUL must follow it.
 * What is needed of it is copied. Returns 0; ERR_NOMEM; or ERR_BAD when there
 * are more than TRACE_MESSAGES_MAX messages, rejected ones included. */
int trace_line(struct trace *trace, struct bytes line) MUST_CHECK;

/* Must be called at the end of the log. True if it has to be read again from
 * the beginning. */
bool trace_again(struct trace *trace);

/* Returns the messages in the order of their first lines, when trace_again()
 * has returned false. They live as long as trace. */
const struct story *const *trace_stories(struct trace *trace, size_t *count);

#endif

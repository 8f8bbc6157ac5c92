/*
 * leak: finds internal addresses that leave. These are the addresses in the
 * sender and in outbound_headers for which the outbound table has a rule and
 * which stay as they are, in a message to a recipient outside. It runs after
 * everything else was decided. Called by decide alone.
 */
#ifndef READDRESS_DECIDE_LEAK_H
#define READDRESS_DECIDE_LEAK_H

#include "decide/context.h"

/*
 * Sets leaks, leak_count, leak_total and leak_fields of the decision. It does
 * not matter why an address stays: the message was taken for inbound, the
 * address cannot be parsed or written, the header is signed, or the table is in
 * shadow mode. The null sender, an address with an exception, and one that its
 * rule does not change are not leaks.
 *
 * A recipient is outside if its domain is neither source nor target of an
 * inbound rule, nor source of an outbound rule, nor in routes.
 *
 * Returns 0; or ERR_NOMEM; or ERR_IO or ERR_BAD if the map cannot be read, with
 * no text in the context's error.
 */
int leak_find(struct decide_context *context) MUST_CHECK;

/* Returns the field's name, a static string: "from" for the sender and the From
 * header, "reply-to" and so on, "other" for a header that has no name of its
 * own. */
const char *leak_field_name(enum decision_leak_field field);

#endif

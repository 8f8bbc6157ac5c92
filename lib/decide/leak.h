/*
 * leak: internal addresses that leave. The part of decide that looks, after
 * everything else was decided, for addresses in the sender and in the headers
 * of outbound_headers that the outbound table would rewrite and that stay as
 * they are, in a message that has a recipient outside. Called by decide alone.
 */
#ifndef READDRESS_DECIDE_LEAK_H
#define READDRESS_DECIDE_LEAK_H

#include "decide/context.h"

/*
 * Fills leaks, leak_total and leak_fields of the decision. Why an address stays
 * makes no difference: the message was taken for inbound, the address cannot be
 * parsed or written, the header is signed, the table is in shadow mode. The
 * null sender, exceptions, and rules that make an address itself are none.
 * A recipient is outside when his domain is neither source nor target of an
 * inbound rule, nor source of an outbound rule, nor in routes. 0; ERR_NOMEM;
 * ERR_IO or ERR_BAD, without text, when the map cannot be read.
 */
int leak_find(struct decide_context *context) MUST_CHECK;

/* "from", "reply-to" ...: the sender and the From header are both "from";
 * "other" for a header that is none of the usual ones. */
const char *leak_field_name(enum decision_leak_field field);

#endif

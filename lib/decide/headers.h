/*
 * headers: decides about the addresses in headers. Called by decide alone.
 * Tested by tests/unit/decide/test_decide.c, test_cases.c and
 * test_properties.c.
 */
#ifndef READDRESS_DECIDE_HEADERS_H
#define READDRESS_DECIDE_HEADERS_H

#include "decide/context.h"

/*
 * Applies the inbound table to the inbound_headers of an inbound message, as
 * far as inbound_rewrite_headers allows, or the outbound table to the
 * outbound_headers of an outbound message. Sets headers of the decision, and
 * adds to its findings and counts. New values live in the context's arena; its
 * scratch arena is emptied after each header. In shadow mode headers stay
 * empty, and decision->shadow is set instead.
 *
 * Returns 0; or ERR_NOMEM; or ERR_IO or ERR_BAD if the map cannot be read, with
 * no text in the context's error.
 */
int headers_decide(struct decide_context *context) MUST_CHECK;

#endif

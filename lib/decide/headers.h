/*
 * headers: the part of decide that is about address headers. Fills headers
 * and, for them, findings and counts of the decision. Called by decide alone.
 */
#ifndef READDRESS_DECIDE_HEADERS_H
#define READDRESS_DECIDE_HEADERS_H

#include "decide/context.h"

/*
 * Inbound: the inbound headers by the inbound table, within what
 * inbound_rewrite_headers allows. Outbound: the outbound ones by the outbound
 * table. New values live in the context's arena; its scratch is empty again
 * after each header. In shadow mode decision->shadow is set instead.
 * 0; ERR_NOMEM; ERR_IO or ERR_BAD, without text, when the map cannot be read.
 */
int headers_decide(struct decide_context *context) MUST_CHECK;

#endif

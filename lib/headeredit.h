/*
 * headeredit: the part of decide that is about address headers. Fills headers
 * and, for them, findings and counts of the decision. Called by decide alone.
 */
#ifndef READDRESS_HEADEREDIT_H
#define READDRESS_HEADEREDIT_H

#include "verdict.h"

/* Inbound: the inbound headers by the inbound table, within what
 * inbound_rewrite_headers allows. Outbound: the outbound ones by the outbound
 * table. */
int headeredit_decide(struct verdict_context *context) MUST_CHECK;

#endif

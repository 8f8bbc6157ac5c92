/*
 * reverse: `lookup --reverse`, which prints the rules that lead to an address.
 * Tested by tests/e2e/reverse.test.
 *
 * The table is read once. Each target is looked up among the names of the
 * addresses that were asked for: the address itself, the address without its
 * extension, which a rule carries over, and its domain, for domain rules. What
 * is found that way is asked forward, if there is one address to ask with: a
 * more specific rule may stand in the way.
 */
#ifndef READDRESS_TOOL_COMMAND_REVERSE_H
#define READDRESS_TOOL_COMMAND_REVERSE_H

#include "tool.h"

/* Runs `lookup --reverse`. Returns 0; ERR_NOTFOUND if no rule leads to one of
 * the addresses; ERR_BAD if an operand is not an address; or another error. */
int reverse_lookup(struct tool *tool, struct error *error) MUST_CHECK;

#endif

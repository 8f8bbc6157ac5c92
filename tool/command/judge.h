/*
 * judge: what the milter would make of an address, for the two directions of
 * the command lookup. Tested by
 * tests/e2e/tool.test.
 */
#ifndef READDRESS_TOOL_COMMAND_JUDGE_H
#define READDRESS_TOOL_COMMAND_JUDGE_H

#include "decide/outcome.h"
#include "tool.h"

#define JUDGE_ANSWER_MAX                                                       \
	((size_t)16 << 20) /* bytes of memory for an answer                    \
			    */

/* Finds what the milter would make of the address: of a recipient in inbound,
 * of a sender in outbound. Takes SMTPUTF8 as given if the address needs it,
 * since no MAIL command says so here. Returns as outcome_find(). */
int judge_address(const struct tool *tool, struct map_reader *reader,
	struct arena *arena, const struct mailbox *mailbox,
	struct outcome *outcome) MUST_CHECK;

/* Prints on standard error why text is not an address. */
void judge_complain(const char *text, const struct error *reason);

/* Prints the object for an address without an answer: reason tells why it is
 * not an address; NULL: no rule matches. */
int judge_print_none(const char *address, const struct error *reason,
	struct error *error) MUST_CHECK;

#endif

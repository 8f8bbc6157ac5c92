/*
 * postfixreload: what Postfix must be told after the milter took up new rules.
 * Its processes remember their last look-up for up to 30 s. Tested by
 * tests/e2e/lookups.test.
 */
#ifndef READDRESS_TOOL_POSTFIXRELOAD_H
#define READDRESS_TOOL_POSTFIXRELOAD_H

#include "tool.h"

/*
 * Compares the generation that was served before with the one that is served
 * now. If the look-up service is on, and a source domain or a route differs,
 * says that `postfix reload` is needed; with --postfix, runs it. before is 0 if
 * it is not known; then, and if a generation cannot be read, they are taken to
 * differ. Returns 0; or ERR_DOWN, with a text in *error, if `postfix reload`
 * failed.
 */
int postfixreload_after(
	struct tool *tool, uint64_t before, struct error *error) MUST_CHECK;

/* Compares the generation that is served with one that will be, likewise, and
 * says that `postfix reload` will be needed then. */
void postfixreload_then(struct tool *tool, uint64_t generation);

#endif

/*
 * modes: what `readdress status` prints about shadow mode, and about
 * outbound_required_headers that were never seen right. Tested by
 * tests/e2e/shadow.test and tests/e2e/sharedcloud.test.
 */
#ifndef READDRESS_TOOL_PRINT_MODES_H
#define READDRESS_TOOL_PRINT_MODES_H

#include "print/json.h"
#include "tool.h"

struct modes {
	const struct config *config;
	bool shadow[RULE_TABLES]; /* inbound and outbound */
	bool *seen;		  /* for each of outbound_required_headers */
	bool unread; /* the milter's notes about them cannot be read */
};

/* Finds the modes that the running milter uses if up is true, otherwise those
 * of the configuration. Says on standard error if the milter's notes about
 * required headers cannot be read. Returns 0 or ERR_NOMEM. modes_free() *modes,
 * after an error too. */
int modes_see(const struct tool *tool, bool up, struct modes *modes,
	struct error *error) MUST_CHECK;
void modes_free(struct modes *modes);

/* Prints a line for each table in shadow mode, and for each header that was
 * never seen right. */
void modes_print(const struct modes *modes);

/* Puts "inbound_mode", "outbound_mode", and the array
 * "required_headers_unseen". */
void modes_put(const struct modes *modes, struct json *json);

/* True if modes_print() tells what this metric tells. */
bool modes_is_metric(const char *name);

#endif

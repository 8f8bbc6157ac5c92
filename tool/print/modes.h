/*
 * modes: what `readdress status` says of shadow mode, and of
 * outbound_required_headers that were never seen right.
 */
#ifndef READDRESS_TOOL_PRINT_MODES_H
#define READDRESS_TOOL_PRINT_MODES_H

#include "print/json.h"
#include "tool.h"

struct modes {
	const struct config *config;
	bool shadow[RULE_TABLES]; /* inbound and outbound */
	bool *seen; /* for each of outbound_required_headers; free it */
};

/* up: the milter runs, and what it has in force holds; else what the
 * configuration says. A note of proofs that cannot be read is said on standard
 * error. 0 or ERR_NOMEM; modes_free in any case. */
int modes_see(const struct tool *tool, bool up, struct modes *modes,
	struct error *error) MUST_CHECK;
void modes_free(struct modes *modes);

/* Lines as `readdress status` prints them; nothing where there is nothing to
 * say. */
void modes_print(const struct modes *modes);

/* "inbound_mode", "outbound_mode", and "required_headers_unseen", an array. */
void modes_put(const struct modes *modes, struct json *json);

/* True for the metrics that are told here. */
bool modes_is_metric(const char *name);

#endif

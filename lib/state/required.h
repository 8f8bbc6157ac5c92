/*
 * required: outbound_required_headers that were seen right, as the text of
 * served/required: a line for each, the SHA-256 of its name and value in
 * lower-case hexadecimal digits. ASCII case of name and value does not count,
 * as in a message (decide/proof.h).
 */
#ifndef READDRESS_STATE_REQUIRED_H
#define READDRESS_STATE_REQUIRED_H

#include "config/config.h"

#define REQUIRED_LINE (64 + 1)

/* text: REQUIRED_LINE bytes for each header of the list, of which *len are
 * used. Returns 0 or ERR_NOMEM. */
int required_format(const struct config *config, const bool *seen, char *text,
	size_t *len) MUST_CHECK;

/* Sets seen[i] for each header of the list to whether it has a line in text;
 * lines of other headers are ignored. Returns 0; ERR_BAD when the text is
 * anything but such lines: then none was seen; ERR_NOMEM. */
int required_parse(
	const struct config *config, struct bytes text, bool *seen) MUST_CHECK;

#endif

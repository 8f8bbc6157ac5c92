/*
 * required: the format of served/required, which lists the headers of
 * outbound_required_headers that were seen with their values. It has a line for
 * each: the SHA-256 of its name and value in lower-case hexadecimal digits. The
 * ASCII case of name and value makes no difference, as in decide/proof.h.
 */
#ifndef READDRESS_STATE_REQUIRED_H
#define READDRESS_STATE_REQUIRED_H

#include "config/config.h"

#define REQUIRED_LINE (64 + 1)

/* Writes the lines of the headers for which seen[i] is true to text, which must
 * have REQUIRED_LINE bytes for each of outbound_required_headers. Sets *len to
 * the number of bytes written; no NUL follows them. Returns 0 or ERR_NOMEM. */
int required_format(const struct config *config, const bool *seen, char *text,
	size_t *len) MUST_CHECK;

/* Sets seen[i] to true for each of outbound_required_headers that has a line in
 * text, else to false. Lines of other headers are ignored. Returns 0; or
 * ERR_BAD, with all of seen false, if text is anything but such lines; or
 * ERR_NOMEM. */
int required_parse(
	const struct config *config, struct bytes text, bool *seen) MUST_CHECK;

#endif

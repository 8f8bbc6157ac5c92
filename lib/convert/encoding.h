/*
 * encoding: an export as UTF-8. PowerShell 5 writes UTF-16 with a byte order
 * mark. Tested by tests/unit/convert/test_convert.c.
 */
#ifndef READDRESS_CONVERT_ENCODING_H
#define READDRESS_CONVERT_ENCODING_H

#include "base/arena.h"
#include "base/error.h"

/* Removes a byte order mark from *text; if it is one of UTF-16, *text becomes
 * UTF-8 in arena. A half of a surrogate pair becomes U+FFFD, and so does half a
 * unit at the end. Returns 0; or ERR_NOMEM with its text. */
int encoding_decode(struct bytes *text, struct arena *arena,
	struct error *error) MUST_CHECK;

#endif

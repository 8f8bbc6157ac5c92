/*
 * google: the users and aliases of Google Workspace, as GAM and the admin
 * console write them. Tested by tests/unit/convert/test_convert.c and
 * tests/e2e/convert.test.
 */
#ifndef READDRESS_CONVERT_GOOGLE_H
#define READDRESS_CONVERT_GOOGLE_H

#include "convert/sheet.h"

/*
 * True if the header row is that of
 * - `gam print users aliases`: primaryEmail, aliases.0 ... or aliases,
 *   nonEditableAliases.0 ...;
 * - `gam print aliases`: Alias or NonEditableAlias, and Target; or Target and
 *   Aliases;
 * - the admin console's list of users: Email Address [Required].
 */
bool google_is(const struct sheet *sheet);

/* Reads the rows after the header row. Rows that follow one another and have
 * the same primary address are one mailbox. Returns 0; ERR_BAD with a text that
 * begins with the line; or ERR_NOMEM. */
int google_read(struct sheet *sheet, struct records *records,
	struct error *error) MUST_CHECK;

#endif

/*
 * exchange: what Export-Csv writes of Get-Mailbox, Get-Recipient and
 * Get-AddressRewriteEntry of Exchange and Exchange Online. Tested by
 * tests/unit/convert/test_convert.c and tests/e2e/convert.test.
 */
#ifndef READDRESS_CONVERT_EXCHANGE_H
#define READDRESS_CONVERT_EXCHANGE_H

#include "convert/sheet.h"

/* True if the header row has the columns of mailboxes: EmailAddresses,
 * ProxyAddresses or PrimarySmtpAddress. */
bool exchange_is_mailboxes(const struct sheet *sheet);

/* True if the header row has the columns InternalAddress and
 * ExternalAddress. */
bool exchange_is_rewrite(const struct sheet *sheet);

/* Both read the rows after the header row into records, and return 0; ERR_BAD
 * with a text that begins with the line; or ERR_NOMEM. */
int exchange_read_mailboxes(struct sheet *sheet, struct records *records,
	struct error *error) MUST_CHECK;

/* Reads address rewrite entries: pairs of the internal and the external address
 * or domain; for inbound, of the external and the internal one, without those
 * that are for outbound mail alone. "*.a.com" is a.com and its sub-domains, and
 * ExceptionList makes exceptions. */
int exchange_read_rewrite(struct sheet *sheet, bool outbound,
	struct records *records, struct error *error) MUST_CHECK;

#endif

/*
 * ldif: the records of a directory in LDIF (RFC 2849), as ldapsearch, slapcat
 * and ldifde write them. Tested by tests/unit/convert/test_convert.c and
 * tests/fuzz/fuzz_convert.c.
 */
#ifndef READDRESS_CONVERT_LDIF_H
#define READDRESS_CONVERT_LDIF_H

#include "convert/record.h"

/* True if the text begins like LDIF: with "version:" or "dn:", after comments
 * and empty lines. */
bool ldif_is(struct bytes text);

/*
 * Reads the records. Lines that begin with a space continue the one before;
 * values after "::" are base64; values after ":<" (in another file) are
 * counted as RECORD_LEFT_OTHER. Options of an attribute ("mail;lang-de") are
 * ignored. Entries without an address are no mailboxes. "changetype: add" is
 * that of a plain record. Returns 0; ERR_BAD with a text that begins with the
 * line, also for another changetype: such a file holds changes and not the
 * directory; or ERR_NOMEM.
 */
int ldif_read(struct bytes text, struct records *records,
	struct error *error) MUST_CHECK;

#endif

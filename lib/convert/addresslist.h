/*
 * addresslist: the addresses in one field of an export. Exchange writes
 *
 *	SMTP:bob@a.com smtp:robert@a.com X500:/o=Org/ou=Unit 1/cn=bob
 *
 * joined by blanks, line breaks, "," or ";", whatever the script that made the
 * export chose. "SMTP:" in capitals marks the primary address. Tested by
 * tests/unit/convert/test_addresslist.c and tests/fuzz/fuzz_convert.c.
 */
#ifndef READDRESS_CONVERT_ADDRESSLIST_H
#define READDRESS_CONVERT_ADDRESSLIST_H

#include "convert/record.h"

/* What is left of a field. It begins as { .rest = field }. */
struct addresslist {
	struct bytes rest;
	unsigned known_open; /* where an open quote is never closed */
	size_t looked;	     /* how often a byte was looked at */
};

/*
 * Removes the next address from the list, without its prefix. An address for
 * mail ends at the first separator outside quotes; one with another prefix,
 * which may hold separators, ends before the next address that has a prefix. An
 * address without a prefix gets the kind, and RECORD_OTHER if it has no "@".
 * "{" and "}" around the field, as PowerShell prints lists, are dropped.
 * Returns false if none is left.
 */
bool addresslist_next(struct addresslist *list, enum record_kind kind,
	struct record_address *address);

/* Adds all addresses of a field to a mailbox. Returns 0; or ERR_NOMEM with its
 * text. */
int addresslist_add(struct records *records, struct record *record,
	enum record_kind kind, struct bytes field,
	struct error *error) MUST_CHECK;

#endif

/*
 * postfixmap: the text of a Postfix table in the form of virtual(5) and
 * canonical(5). Tested by tests/unit/convert/test_convert.c and
 * tests/fuzz/fuzz_convert.c.
 */
#ifndef READDRESS_CONVERT_POSTFIXMAP_H
#define READDRESS_CONVERT_POSTFIXMAP_H

#include "convert/record.h"

/* True if the logical lines have a key and a value, separated by blanks, up to
 * the first one that has an "@". */
bool postfixmap_is(struct bytes text);

/*
 * Reads the pairs. Lines that begin with "#" and empty lines are ignored; a
 * line that begins with a blank continues the one before. Results that are
 * separated by commas or blanks are several targets. Counted and left out are
 * keys without
 * "@" (names of this host, and the lines of virtual(5) that only name a
 * domain), and rows with a result without "@". Returns 0; ERR_BAD with a text
 * that begins with the line, for a key without a value and for a table of
 * regular expressions; or ERR_NOMEM.
 */
int postfixmap_read(struct bytes text, struct records *records,
	struct error *error) MUST_CHECK;

#endif

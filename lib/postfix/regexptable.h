/*
 * regexptable: names of domains as lines of regexp_table(5), in the form that
 * main.cf has them, where "$" is doubled; and what such lines are made of.
 */
#ifndef READDRESS_POSTFIX_REGEXPTABLE_H
#define READDRESS_POSTFIX_REGEXPTABLE_H

#include <stdio.h>

#include "base/bytes.h"

/*
 * Writes lines such as "{/^(a[.]example|b[.]example)$$/ OK}", with ", " between
 * them, which have the result for the domains. These are as in keys of rules,
 * "*.a.example" for what is below a.example. A domain with A-labels is there
 * with U-labels, too, in lower and upper case: Postfix compares the octets that
 * a client gave (RFC 6531, 3.3). front is what stands before the name, "^" or
 * "@". Returns 0 or ERR_NOMEM; the file keeps errors of writing.
 */
int regexptable_put(FILE *file, const char *front, const struct bytes *domains,
	size_t count, struct bytes result) MUST_CHECK;

/* Writes the patterns for one such domain, as above: "a[.]example|..." Returns
 * 0 or ERR_NOMEM; the file keeps errors of writing. */
int regexptable_put_domain(FILE *file, struct bytes domain) MUST_CHECK;

/* Writes a pattern for the text, which is UTF-8 in lower case, for a file:
 * tables of regular expressions know upper case of ASCII letters alone. */
void regexptable_put_text(FILE *file, struct bytes text);

#endif

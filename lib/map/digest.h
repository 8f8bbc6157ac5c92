/*
 * digest: SHA-256 of the rules themselves. The same rows have the same digest
 * on every host, whatever the generation of the map that holds them.
 *
 * The hashed bytes are "readdress rules 1\n"; then for each table, in the order
 * of enum rule_table, its name, NUL, and the number of its rows (8); then for
 * each row, in ascending order of key (memcmp()), the length of the key (4),
 * the length of the value (4), the key and the value. Numbers are
 * little-endian. Key and value are those of struct rule, except that ASCII
 * letters in the domains of targets are lower-case, since their case makes no
 * difference.
 *
 * Tested by tests/unit/map/test_digest.c.
 */
#ifndef READDRESS_MAP_DIGEST_H
#define READDRESS_MAP_DIGEST_H

#include <stdint.h>

#include "base/error.h"
#include "rules/rule.h"

#define DIGEST_LEN   64 /* lower-case hexadecimal digits */
#define DIGEST_LEAST 12 /* so many leading digits are enough for people */

/* What stands in place of a digest for a map that has none, because it was made
 * before version 0.2. */
#define DIGEST_NONE "-"

struct digest;

/* Begins a digest. Returns NULL when out of memory; digest_close() frees it. */
struct digest *digest_open(void) MUST_CHECK;
void digest_close(struct digest *digest); /* may be NULL */

/* Begins a table with this number of rows. Each table must be begun once, in
 * order, also without rows. */
void digest_table(struct digest *digest, enum rule_table table, uint64_t rows);

/* Adds the next row of the table. Rows must come in the order of keys. */
void digest_row(struct digest *digest, const struct rule *rule);

/* Ends the digest and writes its digits and a NUL. Returns 0; or ERR_NOMEM if
 * OpenSSL failed at any time. Only digest_close() may be called after it. */
int digest_end(struct digest *digest, char text[DIGEST_LEN + 1]) MUST_CHECK;

/* True if text is a whole digest, or DIGEST_NONE. */
bool digest_is_whole(struct bytes text);

/* True if text may stand for a digest on a command line: at least DIGEST_LEAST
 * hexadecimal digits, of any case, and at most DIGEST_LEN. */
bool digest_is_part(struct bytes text);

/* True if digest begins with part, which is ignored in its case. DIGEST_NONE
 * begins with nothing that digest_is_part() accepts. */
bool digest_begins(const char *digest, struct bytes part);

#endif

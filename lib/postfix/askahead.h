/*
 * askahead: what tables said when they were asked for many keys at once, so
 * that later questions for a few of these run no program.
 */
#ifndef READDRESS_POSTFIX_ASKAHEAD_H
#define READDRESS_POSTFIX_ASKAHEAD_H

#include "base/arena.h"
#include "base/error.h"

struct askahead;

/* Returns NULL when out of memory. askahead_close() it. */
struct askahead *askahead_open(void) MUST_CHECK;
void askahead_close(struct askahead *askahead); /* may be NULL */

/* Keeps the answers of a table, lines "key<TAB>value", for keys, which are in
 * memcmp() order and none of them twice. Everything is copied. Returns 0 or
 * ERR_NOMEM. */
int askahead_put(struct askahead *askahead, struct bytes table,
	const struct bytes *keys, size_t count,
	struct bytes answers) MUST_CHECK;

/* Finds the answers for keys, each with a newline behind it, in their order.
 * They live in the arena. Returns 1; 0 if the table was not asked for all of
 * them; or ERR_NOMEM. */
int askahead_get(const struct askahead *askahead, struct bytes table,
	struct bytes keys, struct arena *arena,
	struct bytes *answers) MUST_CHECK;

#endif

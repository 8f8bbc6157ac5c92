/*
 * invert: makes the rows of the other table that undo one table, so that one
 *file serves both directions. Rules without an inverse are reported; nothing is
 *guessed.
 *
 *	rule				inverse
 *	bob@a.com;bob.owen@b.com	bob.owen@b.com;bob@a.com
 *	@a.com;@b.com			@b.com;@a.com
 *	x@a.com;x@a.com			x@a.com;x@a.com
 */
#ifndef READDRESS_CHECK_INVERT_H
#define READDRESS_CHECK_INVERT_H

#include "base/arena.h"
#include "rules/row.h"
#include "map/map.h"

enum invert_reason {
	INVERT_MANY,	  /* another source has the same target */
	INVERT_DECIDED,	  /* the same, but options.rank prefers that source */
	INVERT_SEVERAL,	  /* it has more than one target */
	INVERT_CATCHALL,  /* it does not keep the local part */
	INVERT_SUBDOMAIN, /* it does not keep the sub-domain */
	INVERT_REFUSED	  /* its source would not be valid as a target */
};

/* A rule without an inverse. The rule's bytes live as long as the map, the
 * texts during the call of invert_options.left. */
struct invert_left {
	enum invert_reason reason;
	struct rule rule;
	const char *text;  /* the reason, one line */
	const char *other; /* for INVERT_MANY and INVERT_DECIDED: the source
			      that was taken; else NULL */
};

struct invert_options {
	enum rule_table table; /* RULE_INBOUND or RULE_OUTBOUND */
	/* Returns the rank of a source, which is as in a CSV file. Of several
	 * sources with the same target, the one with the lowest rank is taken;
	 * the others are INVERT_DECIDED if none of them has that rank, too. If
	 * it is NULL, all have the same rank. */
	unsigned (*rank)(void *context, struct bytes source);
	/* Called for each rule that is left out, in the order of sources; then
	 * for those of INVERT_MANY and INVERT_DECIDED, in the order of
	 * targets. */
	void (*left)(void *context, const struct invert_left *left);
	/* Called now and then with the number of rules read and of all rules;
	 * may be NULL. */
	void (*progress)(void *context, uint64_t rows, uint64_t of);
	void *context;
};

/*
 * Sets *rows to the rows of the other table, sorted by key. Of several sources
 * with the same target, it takes the one of the lowest rank, and of those the
 * first. A UTF-8 local part becomes one of a target; `readdress load` then asks
 * for
 * --allow-utf8. The line of each row is 0. The caller must free() rows->rows;
 * the bytes live in arena, or as long as the map.
 *
 * Returns the number of rules that were left out, without those of
 * INVERT_DECIDED, but at most INT_MAX; or a negative error with its text in
 * *error: ERR_NOMEM, or ERR_IO or ERR_BAD if the map cannot be read.
 */
int invert_table(const struct map *map, const struct invert_options *options,
	struct arena *arena, struct rows *rows, struct error *error) MUST_CHECK;

#endif

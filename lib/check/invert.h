/*
 * invert: the rows of the other table that turn back what one table does, so
 * that one file feeds both directions. What has no inverse is told, never
 * guessed.
 *
 *	bob@a.com;bob.owen@b.com	bob.owen@b.com;bob@a.com
 *	@a.com;@b.com			@b.com;@a.com
 *	x@a.com;x@a.com			the same
 */
#ifndef READDRESS_CHECK_INVERT_H
#define READDRESS_CHECK_INVERT_H

#include "base/arena.h"
#include "rules/row.h"
#include "map/map.h"

enum invert_reason {
	INVERT_MANY,	  /* another source has the same target */
	INVERT_DECIDED,	  /* so has one that options.rank puts before it */
	INVERT_SEVERAL,	  /* more than one target */
	INVERT_CATCHALL,  /* the local part is lost */
	INVERT_SUBDOMAIN, /* which of the sub-domains is lost */
	INVERT_REFUSED	  /* its source would be no valid target */
};

/* A rule without an inverse. Its bytes live as long as the map, the others
 * during the call. */
struct invert_left {
	enum invert_reason reason;
	struct rule rule;
	const char *text;  /* why, for a person: one line */
	const char *other; /* INVERT_MANY, INVERT_DECIDED: the source that is
			      taken; else NULL */
};

struct invert_options {
	enum rule_table table; /* RULE_INBOUND or RULE_OUTBOUND */
	/* Of several sources with one target, the one with the lowest rank is
	 * taken; it is decided where no other has that rank. NULL: all have the
	 * same. The source is as in a CSV. */
	unsigned (*rank)(void *context, struct bytes source);
	/* Called for each rule that is left out: in the order of sources, and
	 * behind them those of INVERT_MANY and INVERT_DECIDED in the order of
	 * targets. */
	void (*left)(void *context, const struct invert_left *left);
	/* Called now and then with the rules read and their number, may be
	 * NULL. */
	void (*progress)(void *context, uint64_t rows, uint64_t of);
	void *context;
};

/*
 * Rows are those of the other table, sorted by key, with the source of the
 * lowest rank, and of those the first, where several have one target; value as
 * for the other table. A UTF-8 local part is taken over: `load` asks for
 * --allow-utf8. All but rows->rows (free() it) lives in arena, or as long as
 * the map. rows->line is 0. Returns how many rules were left out but for
 * INVERT_DECIDED (at most INT_MAX); ERR_NOMEM; ERR_IO or ERR_BAD when the map
 * failed.
 */
int invert_table(const struct map *map, const struct invert_options *options,
	struct arena *arena, struct rows *rows, struct error *error) MUST_CHECK;

#endif

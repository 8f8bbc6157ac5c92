/*
 * splice: replaces spans in the value of a header, and folds lines that become
 * too long (RFC 5322 section 2.1.1: no line over 998 characters).
 */
#ifndef READDRESS_MAIL_SPLICE_H
#define READDRESS_MAIL_SPLICE_H

#include "base/arena.h"
#include "base/bytes.h"

#define SPLICE_LINE_MAX	  998
#define SPLICE_HEADER_MAX 60000 /* bytes at which Postfix cuts a header */

struct splice_edit {
	struct span span; /* in the value */
	struct bytes text;
};

struct splice {
	struct bytes name;  /* of the header; it is part of the first line */
	struct bytes value; /* everything after the colon */
	bool crlf;	    /* added line breaks are CRLF, not LF */
	const struct splice_edit
		*edits; /* in ascending order, without overlap */
	size_t change_count;
	const size_t
		*elements; /* where each element begins, in ascending order: a
			      line break and a space may be put there */
	size_t element_count;
};

/* The limit that a new value would exceed. */
enum splice_limit { SPLICE_LINE, SPLICE_HEADER };

/*
 * Returns 1 and the new value in arena, with a NUL after it. Returns 0 if the
 * header has to stay as it is, and *limit says why: a line would become longer
 * than SPLICE_LINE_MAX, or the header longer than SPLICE_HEADER_MAX. Lines and
 * headers that already were too long do not count. Returns ERR_NOMEM when out
 * of memory. scratch is used for intermediate results.
 */
int splice_apply(const struct splice *splice, struct arena *arena,
	struct arena *scratch, struct bytes *value,
	enum splice_limit *limit) MUST_CHECK;

#endif

/*
 * splice: a header's value with some spans replaced, and long lines folded
 * (RFC 5322 section 2.1.1: no line over 998 octets).
 */
#ifndef READDRESS_MAIL_SPLICE_H
#define READDRESS_MAIL_SPLICE_H

#include "base/arena.h"
#include "base/bytes.h"

#define SPLICE_LINE_MAX	  998
#define SPLICE_HEADER_MAX 60000 /* where Postfix cuts a header */

struct splice_edit {
	struct span span; /* of the value */
	struct bytes text;
};

struct splice {
	struct bytes name;  /* of the header: the first line begins with it */
	struct bytes value; /* all behind the colon */
	bool crlf;	    /* line breaks that are added */
	const struct splice_edit *edits; /* ascending, none overlaps */
	size_t change_count;
	const size_t *elements; /* where each element begins, ascending: a line
				   break and a space may be put there */
	size_t element_count;
};

/* Which one a new value would exceed. */
enum splice_limit { SPLICE_LINE, SPLICE_HEADER };

/*
 * Returns 1 and the new value in arena (NUL behind it; scratch holds what is
 * needed on the way); 0 when the header has to stay as it is, because a line
 * would exceed SPLICE_LINE_MAX that did not before, or the header would grow
 * beyond SPLICE_HEADER_MAX: *limit says which; ERR_NOMEM.
 */
int splice_apply(const struct splice *splice, struct arena *arena,
	struct arena *scratch, struct bytes *value,
	enum splice_limit *limit) MUST_CHECK;

#endif

/*
 * check: rules that are valid and yet doubtful, found by holding the tables
 * against each other. Pure: reads a map, changes nothing.
 *
 * A rule's first-hand effect is one look-up, never repeated; most of what is
 * found here comes from people who expect a second one, or answers that take
 * another way than the mail they answer.
 */
#ifndef READDRESS_CHECK_H
#define READDRESS_CHECK_H

#include "mail/localpart.h"
#include "map/map.h"

enum check_kind {
	CHECK_NO_INVERSE,  /* the other table has no rule that leads back */
	CHECK_NOT_INVERSE, /* it has one, and that leads elsewhere */
	CHECK_CHAIN,	   /* the target is a source of the same table */
	CHECK_LOOP,	   /* and from there it comes back to this rule, or it
			      does through both tables */
	CHECK_MANY,	   /* several sources, one target */
	CHECK_CATCHALL,
	CHECK_SMTPUTF8,	   /* the target's local part is UTF-8 */
	CHECK_NO_EFFECT,   /* an exception for a domain, to no rule; a route
			      for a domain that no rule names */
	CHECK_NO_OUTBOUND, /* the outbound table is empty, though somebody can
			      be outbound */
	CHECK_NAMESAKES,   /* two whole domains lead into one */
	CHECK_UNLISTED,	   /* a domain's users without a rule have none */
	CHECK_MISSPELT,	   /* a target domain that looks like another, or
			      one of routes */
	CHECK_ONE_LABEL,   /* the target's domain has no dot */
	CHECK_REFUSED,	   /* load would refuse it today */
	CHECK_NOT_SERVED,  /* outbound shows a domain that inbound does not
			      know: answers do not come through here */
	CHECK_KINDS
};

enum check_severity {
	CHECK_FAIL, /* mail goes wrong */
	CHECK_WARN, /* it does unless somebody else sees to it */
	CHECK_INFO, /* it may be what you want */
	CHECK_SEVERITIES
};

/* All bytes and texts live during the call of check_options.found. source is ""
 * and target empty where it is about a whole table. */
struct check_finding {
	enum check_kind kind;
	enum check_severity severity;
	enum rule_table table;
	const char *source;  /* of the rule, as in a CSV */
	struct bytes target; /* the one of its targets that it is about */
	const char *why;     /* one sentence each, without a full stop */
	const char *advice;
};

struct check_options {
	struct localpart_syntax localpart;
	bool outbound_named; /* the configuration says who is outbound */
	/* Other than 0 ends the check with that code. */
	int (*found)(void *context, const struct check_finding *finding);
	/* Called now and then with the rules seen and their number; may be
	 * NULL. */
	void (*progress)(void *context, uint64_t rows, uint64_t of);
	void *context;
};

/*
 * Findings come in this order, the same for the same rules: the empty outbound
 * table, inbound by source, outbound by source, many to one by target, domains
 * not served by domain, what checkdomains.h finds, routes by source. Time n log
 * n; some 250 bytes of memory for each rule. Returns 0, what found returned, or
 * ERR_NOMEM, ERR_IO, ERR_BAD.
 */
int check_map(const struct map *map, const struct check_options *options,
	struct error *error) MUST_CHECK;

const char *check_kind_name(enum check_kind kind); /* "no-inverse" ... */
const char *check_severity_name(enum check_severity severity); /* "FAIL" ... */

#endif

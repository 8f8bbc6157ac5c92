/*
 * finding: what is doubtful about the rules, how it is named, worded and told;
 * and what those who look for it share. check.h is the door.
 */
#ifndef READDRESS_CHECK_FINDING_H
#define READDRESS_CHECK_FINDING_H

#include "check/checktargets.h"
#include "check/node.h"
#include "mail/localpart.h"

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

const char *finding_kind_name(enum check_kind kind); /* "no-inverse" ... */
const char *finding_severity_name(
	enum check_severity severity); /* "FAIL" ... */

#define FINDING_TEXT  1024    /* of a sentence; longer ones are cut */
#define FINDING_HOPS  8	      /* rules that are followed until they come back */
#define FINDING_SHOWN ".254s" /* an address within a sentence */

/* One check: what it looks into, and whom findings are told to. */
struct finding_run {
	const struct check_options *options;
	struct node_rules rules;
	bool one_way; /* there are no outbound rules at all */
	/* Of inbound and of outbound: targets of rules with one target. */
	struct checktargets targets[2];
	bool stopped; /* options->found did not return 0 */
};

/* A rule while it is looked at. */
struct finding_rule {
	enum rule_table table;
	enum rule_kind kind;
	struct rule rule;
	char source[ADDRESS_TEXT_MAX];
	struct node from;    /* of users and domains without "*" */
	struct bytes target; /* one after the other */
	struct node to;
	bool several; /* targets */
};

/* Reads what the map holds; target and to are set by checkrule_run. 0, ERR_BAD,
 * ERR_NOMEM. */
int finding_read(enum rule_table table, const struct rule *rule,
	struct finding_rule *read) MUST_CHECK;

/* Reports about the rule and its present target. What options->found returned,
 * and check->stopped where that is not 0. */
int finding_report(struct finding_run *check, const struct finding_rule *rule,
	enum check_kind kind, enum check_severity severity, const char *why,
	const char *advice) MUST_CHECK;

/* Writes a sentence. */
void finding_say(char text[FINDING_TEXT], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Appends a step of the way: "bob@a.com -> bob@b.com". */
void finding_path(char path[FINDING_TEXT], const char *next);
void finding_path_to(char path[FINDING_TEXT], const struct node *node);

#endif

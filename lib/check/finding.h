/*
 * finding: the types of findings, their names, and what the rooms that look for
 * them share. Callers of `readdress check` start at check.h. Tested by
 * tests/unit/check/test_check.c.
 */
#ifndef READDRESS_CHECK_FINDING_H
#define READDRESS_CHECK_FINDING_H

#include "check/checktargets.h"
#include "check/node.h"
#include "mail/localpart.h"

enum check_kind {
	CHECK_NO_INVERSE,  /* the other table has no rule that leads back */
	CHECK_NOT_INVERSE, /* it has one, but that leads elsewhere */
	CHECK_CHAIN,	   /* the target is a source of the same table */
	CHECK_LOOP,	   /* the rules of this table, or of both, lead from the
			      target back to the source */
	CHECK_MANY,	   /* several sources have the same target */
	CHECK_CATCHALL,	   /* a catch-all */
	CHECK_SMTPUTF8,	   /* the target's local part is UTF-8 */
	CHECK_NO_EFFECT,   /* an exception for a domain that no rule would
			      change; a route for a domain that no rule names */
	CHECK_NO_OUTBOUND, /* the outbound table is empty, but the
			      configuration names outbound clients */
	CHECK_NAMESAKES,   /* two whole domains have the same target */
	CHECK_UNLISTED,	   /* only some users of a domain have a rule */
	CHECK_MISSPELT,	   /* a target domain, or one of routes, is one typing
			      error away from another */
	CHECK_ONE_LABEL,   /* the target's domain has no dot */
	CHECK_REFUSED,	   /* load would refuse the rule today */
	CHECK_NOT_SERVED,  /* outbound shows a domain that inbound has no rule
			      for: answers do not come through this relay */
	CHECK_KINDS
};

enum check_severity {
	CHECK_FAIL, /* mail goes wrong */
	CHECK_WARN, /* mail goes wrong unless something else prevents it */
	CHECK_INFO, /* it may be as intended */
	CHECK_SEVERITIES
};

/* Its bytes and texts are valid during the call of check_options.found. source
 * is
 * "" and target empty if the finding is about a whole table. */
struct check_finding {
	enum check_kind kind;
	enum check_severity severity;
	enum rule_table table;
	const char *source;  /* of the rule, as in a CSV file */
	struct bytes target; /* the target that the finding is about */
	const char *why;     /* one sentence each, without a full stop */
	const char *advice;
};

struct check_options {
	struct localpart_syntax localpart;
	bool outbound_named; /* the configuration names outbound clients */
	/* Called for each finding. If it does not return 0, the check ends with
	 * that value. */
	int (*found)(void *context, const struct check_finding *finding);
	/* Called now and then with the number of rules seen and of all rules;
	 * may be NULL. */
	void (*progress)(void *context, uint64_t rows, uint64_t of);
	void *context;
};

/* These return the name as `readdress check` prints it, a static string, such
 * as "no-inverse" and "FAIL". */
const char *finding_kind_name(enum check_kind kind);
const char *finding_severity_name(enum check_severity severity);

#define FINDING_TEXT  1024    /* the size of a sentence; longer ones are cut */
#define FINDING_HOPS  8	      /* the most rules that are followed in a loop */
#define FINDING_SHOWN ".254s" /* the format of an address in a sentence */

/* One run of check_map(). */
struct finding_run {
	const struct check_options *options;
	struct node_rules rules;
	bool one_way; /* the outbound table has no rules */
	/* The targets of the inbound and outbound rules with one target. */
	struct checktargets targets[2];
	bool stopped; /* options->found did not return 0 */
};

/* A rule, while it is checked. */
struct finding_rule {
	enum rule_table table;
	enum rule_kind kind;
	struct rule rule;
	char source[ADDRESS_TEXT_MAX];
	struct node from;    /* the source; key_len 0 for "@*.parent" */
	struct bytes target; /* the target that is checked now */
	struct node to;	     /* the same */
	bool several;	     /* the rule has more than one target */
};

/* Reads a rule of the map. Sets target to its first target, and does not set
 * to. Returns 0, ERR_BAD if the map is damaged, or ERR_NOMEM. */
int finding_read(enum rule_table table, const struct rule *rule,
	struct finding_rule *read) MUST_CHECK;

/* Reports a finding about the rule and the target that is checked now. Returns
 * what options->found returned, and sets check->stopped if that is not 0. */
int finding_report(struct finding_run *check, const struct finding_rule *rule,
	enum check_kind kind, enum check_severity severity, const char *why,
	const char *advice) MUST_CHECK;

/* Formats a sentence, cut to fit. */
void finding_say(char text[FINDING_TEXT], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* These append a step to a path, as in "bob@a.com -> bob@b.com". */
void finding_path(char path[FINDING_TEXT], const char *next);
void finding_path_to(char path[FINDING_TEXT], const struct node *node);

#endif

/*
 * checkrule: what is doubtful about one rule, seen with both tables. For
 * check.c.
 */
#ifndef READDRESS_CHECKRULE_H
#define READDRESS_CHECKRULE_H

#include "check/check.h"
#include "check/checktargets.h"
#include "check/node.h"

#define CHECKRULE_TEXT	1024 /* of a sentence; longer ones are cut */
#define CHECKRULE_HOPS	8    /* rules that are followed until they come back */
#define CHECKRULE_SHOWN ".254s" /* an address within a sentence */

struct checkrule {
	const struct check_options *options;
	struct place_rules rules;
	bool one_way; /* there are no outbound rules at all */
	/* Of inbound and of outbound: targets of rules with one target. */
	struct checktargets targets[2];
	bool stopped; /* options->found did not return 0 */
};

/* A rule while it is looked at. */
struct checkrule_rule {
	enum rule_table table;
	enum rule_kind kind;
	struct rule rule;
	char source[ADDRESS_TEXT_MAX];
	struct place from;   /* of users and domains without "*" */
	struct bytes target; /* one after the other */
	struct place to;
	bool several; /* targets */
};

/* Reads what the map holds; target and to are set by checkrule_run. 0, ERR_BAD,
 * ERR_NOMEM. */
int checkrule_read(enum rule_table table, const struct rule *rule,
	struct checkrule_rule *read) MUST_CHECK;

/* Reports a rule that load would refuse today. As checkrule_run. */
int checkrule_refused(
	struct checkrule *check, const struct checkrule_rule *rule) MUST_CHECK;

/* Looks at the rule and each of its targets. 0; what options->found returned,
 * and check->stopped; or ERR_NOMEM, ERR_IO, ERR_BAD. */
int checkrule_run(
	struct checkrule *check, struct checkrule_rule *rule) MUST_CHECK;

/* The sub-domain rule that holds for a domain (lower-case A-labels) which has
 * no rule of its own: "@*.a.com" of its parents, the longest first. 1 and
 * *value, which lives as long as the map; 0; or as map_get. */
int checkrule_find_parent(const struct checkrule *check, enum rule_table table,
	struct bytes domain, struct bytes *value) MUST_CHECK;

/* Reports about the rule and its present target. What options->found returned,
 * and check->stopped where that is not 0. */
int checkrule_report(struct checkrule *check, const struct checkrule_rule *rule,
	enum check_kind kind, enum check_severity severity, const char *why,
	const char *advice) MUST_CHECK;

/* Writes a sentence. */
void checkrule_say(char text[CHECKRULE_TEXT], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Appends a step of the way: "bob@a.com -> bob@b.com". */
void checkrule_path(char path[CHECKRULE_TEXT], const char *next);
void checkrule_path_to(char path[CHECKRULE_TEXT], const struct place *place);

#endif

/*
 * domaingroup: what the checks of domains share: domains of inbound rules,
 * grouped by what was found for them, and the commands that mend it. Texts live
 * in diagnosis->arena, and are NULL when out of memory.
 */
#ifndef READDRESS_RELAY_DOMAINGROUP_H
#define READDRESS_RELAY_DOMAINGROUP_H

#include "diagnosis/ruledomains.h"

#define DOMAINGROUP_NAMED_MAX 5 /* domains in one finding */

/* What is found for some domains. */
struct domaingroup {
	size_t count;
	const char *names;     /* the first ones: "a.example, b.example" */
	const char *additions; /* words for relay_domains, each after ", " */
};

struct domaingroup_survey {
	struct diagnosis *diagnosis;
	struct map_reader *reader;
	enum domainlist_parents parents;    /* of relay_domains */
	enum domainlist_parents transports; /* of transport_maps */
	struct domaingroup refused;
	struct domaingroup in_mydestination;
	struct domaingroup in_mailboxes; /* in virtual_mailbox_domains */
	struct domaingroup in_aliases;	 /* in virtual_alias_domains alone */
	struct domaingroup thrown;	 /* by relay_transport */
	struct domaingroup unknown;
	struct domaingroup looping;
};

/* Opens the map, if there is one; calls look_at for each source domain, with
 * the survey as context, and then tell_all. A map that cannot be read is told
 * as SKIP. Returns 0, ERR_NOMEM, or what one of them returned. */
int domaingroup_survey_all(struct diagnosis *diagnosis,
	ruledomains_look *look_at,
	int (*tell_all)(struct domaingroup_survey *survey)) MUST_CHECK;

/* Returns the value of the parameter in main.cf. */
const char *domaingroup_value(
	const struct domaingroup_survey *survey, const char *name);

/* Returns whether the list of domains in main.cf has the domain. */
enum domainlist_answer domaingroup_match(struct domaingroup_survey *survey,
	const char *name, struct bytes domain,
	enum domainlist_parents parents) MUST_CHECK;

/* Makes one name of "*.a.example", which stands for all of them; another name
 * stays. Returns false if memory is exhausted. */
bool domaingroup_example(
	struct domaingroup_survey *survey, struct bytes *domain) MUST_CHECK;

/* Finds the transport of the domain by transport_maps. Returns as
 * postmap_find() does. */
int domaingroup_transport(struct domaingroup_survey *survey,
	struct bytes domain, const char **value) MUST_CHECK;

/* Adds a domain, as a rule names it: "a.example" or "*.a.example". Returns 0 or
 * ERR_NOMEM. */
int domaingroup_add(struct domaingroup_survey *survey,
	struct domaingroup *group, struct bytes name) MUST_CHECK;

/* Returns "a.example, b.example", or "a.example, b.example and 3 more". */
const char *domaingroup_tell(struct domaingroup_survey *survey,
	const struct domaingroup *group) MUST_CHECK;

/* Returns the ending of the word "domain": "" or "s". */
const char *domaingroup_plural(const struct domaingroup *group);

/* Returns the command for domains that are in the list parameter taken, and
 * should be in relay_domains alone. */
const char *domaingroup_move(struct domaingroup_survey *survey,
	const struct domaingroup *group, const char *taken) MUST_CHECK;

/* Returns the command that adds the domains of the group to relay_domains. */
const char *domaingroup_addition(struct domaingroup_survey *survey,
	const struct domaingroup *group) MUST_CHECK;

#endif

#include "relay/domains.h"

#include "diagnosis/remedy.h"
#include "relay/domaingroup.h"
#include "routing/domainrole.h"

/* Returns the role of the domain; ROUTE_NONE also if the map cannot be read. */
static enum route_role role_of(
	struct domaingroup_survey *survey, struct bytes domain)
{
	struct domainrole role;

	if (domainrole_find(survey->reader, survey->diagnosis->autoroutes,
		    domain, &role))
		return ROUTE_NONE;
	return role.role;
}

/* True if virtual_alias_maps takes every user of the domain, or if that cannot
 * be known. */
static bool has_alias(struct domaingroup_survey *survey, struct bytes domain)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	const char *key = diagnosis_text(
		diagnosis, "@%.*s", (int)domain.len, domain.data);
	struct bytes keys[] = { bytes_of(key) };
	const char *value;

	return postmap_find_first(diagnosis->postmap,
		       domaingroup_value(survey, "virtual_alias_maps"), keys, 1,
		       &value) != 0;
}

/* True if the transport delivers nothing. */
static bool throws(const char *transport)
{
	return !strncmp(transport, "error:", 6) ||
	       !strcmp(transport, "error") ||
	       !strncmp(transport, "discard:", 8) ||
	       !strcmp(transport, "discard");
}

/* True if mail for the domain is refused or thrown away by its transport. */
static bool is_thrown(struct domaingroup_survey *survey, struct bytes domain)
{
	const char *transport = domaingroup_value(survey, "relay_transport");
	const char *own;
	int found = 0;

	if (throws(transport) || *domaingroup_value(survey, "transport_maps"))
		found = domaingroup_transport(survey, domain, &own);
	return found >= 0 && throws(found ? own : transport);
}

/* Looks at one domain that inbound rules name. */
static int look(void *context, struct bytes name)
{
	struct domaingroup_survey *survey = context;
	struct bytes domain = name;
	enum domainlist_answer local;
	enum domainlist_answer mailboxes;
	enum domainlist_answer aliases;
	enum domainlist_answer relayed;
	enum route_role role;

	if (!domaingroup_example(survey, &domain))
		return ERR_NOMEM;
	role = role_of(survey, domain);
	if (role == ROUTE_REMOTE)
		return 0;
	local = domaingroup_match(
		survey, "mydestination", domain, DOMAINLIST_EXACT);
	mailboxes = domaingroup_match(
		survey, "virtual_mailbox_domains", domain, DOMAINLIST_EXACT);
	if (role != ROUTE_LOCAL) {
		if (local == DOMAINLIST_YES)
			return domaingroup_add(
				survey, &survey->in_mydestination, name);
		if (mailboxes == DOMAINLIST_YES)
			return domaingroup_add(
				survey, &survey->in_mailboxes, name);
	} else if (local == DOMAINLIST_YES || mailboxes == DOMAINLIST_YES) {
		return 0;
	}
	relayed = domaingroup_match(
		survey, "relay_domains", domain, survey->parents);
	aliases = domaingroup_match(
		survey, "virtual_alias_domains", domain, DOMAINLIST_EXACT);
	if (aliases == DOMAINLIST_YES)
		return has_alias(survey, domain)
			       ? 0
			       : domaingroup_add(
					 survey, &survey->in_aliases, name);
	if (relayed == DOMAINLIST_YES)
		return is_thrown(survey, domain)
			       ? domaingroup_add(survey, &survey->thrown, name)
			       : 0;
	/* What is refused for certain comes before what is not known. */
	if (local == DOMAINLIST_UNKNOWN || mailboxes == DOMAINLIST_UNKNOWN ||
		relayed == DOMAINLIST_UNKNOWN || aliases == DOMAINLIST_UNKNOWN)
		return domaingroup_add(survey, &survey->unknown, name);
	return domaingroup_add(survey, &survey->refused, name);
}

static int say_taken(struct domaingroup_survey *survey,
	const struct domaingroup *group, const char *parameter)
{
	if (!group->count)
		return 0;
	return diagnosis_say(survey->diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(survey->diagnosis,
			"%s has %zu domain%s of inbound rules: %s", parameter,
			group->count, domaingroup_plural(group),
			domaingroup_tell(survey, group)),
		"Postfix looks for mailboxes and aliases of this host there: "
		"it refuses everybody who has none with 550, before the rules "
		"are read",
		domaingroup_move(survey, group, parameter));
}

static int say_thrown(struct domaingroup_survey *survey)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	const struct domaingroup *group = &survey->thrown;
	const char *transport = domaingroup_value(survey, "relay_transport");
	bool by_relay = throws(transport);

	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"%s throws away mail for %zu domain%s of inbound "
			"rules: %s",
			by_relay ? diagnosis_text(diagnosis,
					   "relay_transport = %s", transport)
				 : "transport_maps",
			group->count, domaingroup_plural(group),
			domaingroup_tell(survey, group)),
		"Postfix refuses it, or takes it and delivers it to nobody, "
		"before the rules are read",
		by_relay ? remedy_unset(diagnosis, NULL, "relay_transport")
			 : diagnosis_text(diagnosis,
				   "take %s out of the tables of "
				   "transport_maps, then `postfix reload`",
				   domaingroup_tell(survey, group)));
}

static int say(struct domaingroup_survey *survey)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	int result = 0;

	if (survey->refused.count)
		result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"Postfix does not accept %zu domain%s of "
				"inbound rules: %s",
				survey->refused.count,
				domaingroup_plural(&survey->refused),
				domaingroup_tell(survey, &survey->refused)),
			"mail from outside to it is refused with 554 (Relay "
			"access denied)",
			domaingroup_addition(survey, &survey->refused));
	if (!result)
		result = say_taken(
			survey, &survey->in_mydestination, "mydestination");
	if (!result)
		result = say_taken(survey, &survey->in_mailboxes,
			"virtual_mailbox_domains");
	if (!result)
		result = say_taken(
			survey, &survey->in_aliases, "virtual_alias_domains");
	if (!result && survey->thrown.count)
		result = say_thrown(survey);
	if (!result && survey->unknown.count)
		result = diagnosis_skip(diagnosis,
			diagnosis_text(diagnosis,
				"cannot know whether Postfix accepts %zu "
				"domain%s of inbound rules, which a table that "
				"cannot be asked here decides: %s%s",
				survey->unknown.count,
				domaingroup_plural(&survey->unknown),
				domaingroup_tell(survey, &survey->unknown),
				diagnosis_hint(diagnosis)));
	return result;
}

int domains_check(struct diagnosis *diagnosis)
{
	return domaingroup_survey_all(diagnosis, look, say);
}

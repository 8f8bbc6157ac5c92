#include "relay/shadowloop.h"

#include "relay/domaingroup.h"

bool shadowloop_transport_leads(const char *transport)
{
	size_t len = strcspn(transport, ":");

	if (transport[len] && transport[len + 1])
		return true;
	return len && strncmp(transport, "smtp", len) != 0 &&
	       strncmp(transport, "relay", len) != 0;
}

/* Adds to looping the domain whose mail, un-rewritten, Postfix would send to
 * this host again; to unknown, if a table that cannot be asked decides it. */
static int look_for_loop(void *context, struct bytes name)
{
	struct domaingroup_survey *survey = context;
	struct bytes domain = name;
	const char *transport = "";
	int found;

	if (!domaingroup_example(survey, &domain))
		return ERR_NOMEM;
	if (domaingroup_match(survey, "relay_domains", domain,
		    survey->parents) != DOMAINLIST_YES)
		return 0;
	found = domaingroup_transport(survey, domain, &transport);
	if (found > 0 && shadowloop_transport_leads(transport))
		return 0;
	return domaingroup_add(
		survey, found >= 0 ? &survey->looping : &survey->unknown, name);
}

static int say_loop(struct domaingroup_survey *survey)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	int result = 0;

	if (survey->looping.count)
		result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"inbound rules are in shadow mode, and "
				"transport_maps has no next hop for %zu "
				"domain%s of theirs: %s",
				survey->looping.count,
				domaingroup_plural(&survey->looping),
				domaingroup_tell(survey, &survey->looping)),
			"mail that is not rewritten goes to the domain's MX, "
			"which is this relay: Postfix bounces it",
			"add a line \"DOMAIN smtp:[HOST]\" for each to a table "
			"of transport_maps, where HOST has its mailboxes, then "
			"`postfix reload`");
	if (!result && survey->unknown.count)
		result = diagnosis_skip(diagnosis,
			diagnosis_text(diagnosis,
				"cannot know whether transport_maps has a next "
				"hop for %zu domain%s of inbound rules: %s%s",
				survey->unknown.count,
				domaingroup_plural(&survey->unknown),
				domaingroup_tell(survey, &survey->unknown),
				diagnosis_hint(diagnosis)));
	return result;
}

static int say_elsewhere(struct domaingroup_survey *survey)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	const struct domaingroup *group = &survey->looping;

	if (!group->count)
		return diagnosis_say(diagnosis, DIAGNOSIS_SKIP,
			diagnosis_text(diagnosis,
				"this instance has no milter; that in %s has "
				"it",
				diagnosis->elsewhere),
			"", "");
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			"this instance has no milter, and accepts %zu domain%s "
			"of inbound rules without a next hop: %s",
			group->count, domaingroup_plural(group),
			domaingroup_tell(survey, group)),
		"mail that comes in here is not rewritten: it goes to the "
		"domain's MX, and comes back or bounces",
		diagnosis_text(diagnosis,
			"take %s out of relay_domains of this instance, or "
			"send its mail to the instance in %s by a line in "
			"transport_maps; then `postfix reload`",
			group->names, diagnosis->elsewhere));
}

int shadowloop_check_elsewhere(struct diagnosis *diagnosis)
{
	const char *transport =
		postfix_value(diagnosis->postfix, NULL, "relay_transport");

	if (*postfix_value(diagnosis->postfix, NULL, "relayhost") ||
		shadowloop_transport_leads(transport) || !diagnosis->map) {
		struct domaingroup_survey none = { .diagnosis = diagnosis };

		return say_elsewhere(&none);
	}
	return domaingroup_survey_all(diagnosis, look_for_loop, say_elsewhere);
}

int shadowloop_check(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct diagnosis_milter *milter = diagnosis->milter;
	const char *transport = postfix_value(postfix, NULL, "relay_transport");
	const char *hop = strchr(transport, ':');
	bool shadow =
		milter ? milter->shadow[RULE_INBOUND]
		       : diagnosis->config->inbound_mode == CONFIG_MODE_SHADOW;

	if (!shadow || *postfix_value(postfix, NULL, "relayhost") ||
		(hop && hop[1]))
		return 0;
	return domaingroup_survey_all(diagnosis, look_for_loop, say_loop);
}

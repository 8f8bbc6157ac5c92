#include "relay/domaingroup.h"

#include "postfix/words.h"

const char *domaingroup_value(
	const struct domaingroup_survey *survey, const char *name)
{
	return postfix_value(survey->diagnosis->postfix, NULL, name);
}

enum domainlist_answer domaingroup_match(struct domaingroup_survey *survey,
	const char *name, struct bytes domain, enum domainlist_parents parents)
{
	return diagnosis_match(survey->diagnosis, name, domain, parents);
}

int domaingroup_add(struct domaingroup_survey *survey,
	struct domaingroup *group, struct bytes name)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	struct bytes word = name;

	if (!group->count)
		group->names = group->additions = "";
	if (group->count++ >= DOMAINGROUP_NAMED_MAX)
		return 0;
	if (bytes_take(&word, "*.") && survey->parents == DOMAINLIST_DOTTED)
		word = (struct bytes){ name.data + 1, name.len - 1 };
	group->names = diagnosis_text(diagnosis, "%s%s%.*s", group->names,
		*group->names ? ", " : "", (int)name.len, name.data);
	if (domaingroup_match(survey, "relay_domains", word, survey->parents) !=
		DOMAINLIST_YES)
		group->additions = diagnosis_text(diagnosis, "%s, %.*s",
			group->additions, (int)word.len, word.data);
	return group->names && group->additions ? 0 : ERR_NOMEM;
}

bool domaingroup_example(
	struct domaingroup_survey *survey, struct bytes *domain)
{
	if (bytes_take(domain, "*."))
		*domain = bytes_of(diagnosis_text(survey->diagnosis, "any.%.*s",
			(int)domain->len, domain->data));
	return domain->data;
}

int domaingroup_transport(struct domaingroup_survey *survey,
	struct bytes domain, const char **value)
{
	return postmap_find_transport(survey->diagnosis->postmap,
		domaingroup_value(survey, "transport_maps"), domain,
		survey->transports, value);
}

const char *domaingroup_tell(
	struct domaingroup_survey *survey, const struct domaingroup *group)
{
	if (group->count <= DOMAINGROUP_NAMED_MAX)
		return group->names;
	return diagnosis_text(survey->diagnosis, "%s and %zu more",
		group->names, group->count - DOMAINGROUP_NAMED_MAX);
}

/* Returns relay_domains as main.cf has it, or else its default. */
static const char *relay_domains(const struct diagnosis *diagnosis)
{
	const struct postfix *from =
		postfix_overrides(diagnosis->written, NULL, "relay_domains")
			? diagnosis->written
			: diagnosis->postfix;

	return postfix_value(from, NULL, "relay_domains");
}

/* Returns the value of the list parameter without the domains of the group;
 * NULL if one of them is in a table, or when out of memory. */
static const char *without(struct domaingroup_survey *survey,
	const struct domaingroup *group, const char *parameter)
{
	struct bytes rest = bytes_of(domaingroup_value(survey, parameter));
	struct bytes word;
	const char *left = "";
	size_t taken = 0;

	while (left && words_next(&rest, WORDS_OF_LIST, &word)) {
		struct bytes names = bytes_of(group->names);
		struct bytes name;
		bool found = false;

		while (!found && words_next(&names, WORDS_OF_LIST, &name))
			found = bytes_equal_nocase(name, word);
		if (found)
			taken++;
		else
			left = diagnosis_text(survey->diagnosis, "%s%s%.*s",
				left, *left ? ", " : "", (int)word.len,
				word.data);
	}
	return taken == group->count ? left : NULL;
}

const char *domaingroup_move(struct domaingroup_survey *survey,
	const struct domaingroup *group, const char *taken)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	const char *left = without(survey, group, taken);
	const char *had = relay_domains(diagnosis);
	bool adds = *group->additions;

	if (!left || strchr(had, '\'') || strchr(left, '\''))
		return diagnosis_text(diagnosis,
			"take %s out of %s in main.cf%s%s, then `postfix "
			"reload`",
			group->names, taken,
			adds ? ", set relay_domains to what it has and " : "",
			adds ? group->additions + 2 : "");
	return diagnosis_text(diagnosis,
		"postconf -e '%s = %s'%s%s%s%s && postfix reload", taken, left,
		adds ? " 'relay_domains = " : "", adds ? had : "",
		adds ? group->additions + (*had ? 0 : 2) : "", adds ? "'" : "");
}

const char *domaingroup_addition(
	struct domaingroup_survey *survey, const struct domaingroup *group)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	const char *had = relay_domains(diagnosis);
	const char *more = group->count > DOMAINGROUP_NAMED_MAX
				   ? " (then run readdress doctor again, which "
				     "names the next ones)"
				   : "";

	if (strchr(had, '\''))
		return diagnosis_text(diagnosis,
			"add %s to relay_domains in main.cf, then `postfix "
			"reload`%s",
			group->additions + 2, more);
	/* The words follow ", "; an empty list needs none in front. */
	return diagnosis_text(diagnosis,
		"postconf -e 'relay_domains = %s%s' && postfix reload%s", had,
		group->additions + (*had ? 0 : 2), more);
}

const char *domaingroup_plural(const struct domaingroup *group)
{
	return group->count == 1 ? "" : "s";
}

int domaingroup_survey_all(struct diagnosis *diagnosis,
	ruledomains_look *look_at,
	int (*tell_all)(struct domaingroup_survey *survey))
{
	struct domaingroup_survey survey = { .diagnosis = diagnosis,
		.parents = diagnosis_parents(diagnosis, "relay_domains"),
		.transports = diagnosis_parents(diagnosis, "transport_maps") };
	int result;

	if (!diagnosis->map)
		return 0;
	result = map_reader_open(&survey.reader, diagnosis->map);
	if (!result)
		result = ruledomains_each(
			diagnosis, RULEDOMAINS_SOURCES, look_at, &survey);
	if (!result)
		result = tell_all(&survey);
	else if (result == ERR_IO || result == ERR_BAD)
		result = diagnosis_say(diagnosis, DIAGNOSIS_SKIP,
			"the map cannot be read; readdress status says why", "",
			"");
	map_reader_close(survey.reader);
	return result;
}

#include "relay/domains.h"

#include "diagnosis/remedy.h"
#include "map/nameset.h"
#include "postfix/words.h"
#include "routing/domainrole.h"

#define NAMED_MAX 5 /* domains in one finding */

/* What is found for some domains. */
struct group {
	size_t count;
	const char *names;     /* the first NAMED_MAX: "a.example, b.example" */
	const char *additions; /* words for relay_domains, each after ", " */
};

struct survey {
	struct diagnosis *diagnosis;
	struct map_reader *reader;
	enum domainlist_parents parents;    /* of relay_domains */
	enum domainlist_parents transports; /* of transport_maps */
	struct group refused;
	struct group in_mydestination;
	struct group in_mailboxes; /* in virtual_mailbox_domains */
	struct group in_aliases;   /* in virtual_alias_domains alone */
	struct group thrown;	   /* by relay_transport */
	struct group unknown;
	struct group looping;
};

static const char *value_of(const struct survey *survey, const char *name)
{
	return postfix_value(survey->diagnosis->postfix, NULL, name);
}

static enum domainlist_answer match(struct survey *survey, const char *name,
	struct bytes domain, enum domainlist_parents parents)
{
	return diagnosis_match(survey->diagnosis, name, domain, parents);
}

/* Adds a domain, as a rule names it: "a.example" or "*.a.example". */
static int add(struct survey *survey, struct group *group, struct bytes name)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	struct bytes word = name;

	if (!group->count)
		group->names = group->additions = "";
	if (group->count++ >= NAMED_MAX)
		return 0;
	if (bytes_take(&word, "*.") && survey->parents == DOMAINLIST_DOTTED)
		word = (struct bytes){ name.data + 1, name.len - 1 };
	group->names = diagnosis_text(diagnosis, "%s%s%.*s", group->names,
		*group->names ? ", " : "", (int)name.len, name.data);
	if (match(survey, "relay_domains", word, survey->parents) !=
		DOMAINLIST_YES)
		group->additions = diagnosis_text(diagnosis, "%s, %.*s",
			group->additions, (int)word.len, word.data);
	return group->names && group->additions ? 0 : ERR_NOMEM;
}

/* Returns the role of the domain; ROUTE_NONE also if the map cannot be read. */
static enum route_role role_of(struct survey *survey, struct bytes domain)
{
	struct domainrole role;

	if (domainrole_find(survey->reader, survey->diagnosis->autoroutes,
		    domain, &role))
		return ROUTE_NONE;
	return role.role;
}

/* Makes one name of "*.a.example", which stands for all of them; another name
 * stays. Returns false if memory is exhausted. */
static bool make_example(struct survey *survey, struct bytes *domain)
{
	if (bytes_take(domain, "*."))
		*domain = bytes_of(diagnosis_text(survey->diagnosis, "any.%.*s",
			(int)domain->len, domain->data));
	return domain->data;
}

/* True if virtual_alias_maps takes every user of the domain, or if that cannot
 * be known. */
static bool has_alias(struct survey *survey, struct bytes domain)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	const char *key = diagnosis_text(
		diagnosis, "@%.*s", (int)domain.len, domain.data);
	struct bytes keys[] = { bytes_of(key) };
	const char *value;

	return postmap_find_first(diagnosis->postmap,
		       value_of(survey, "virtual_alias_maps"), keys, 1,
		       &value) != 0;
}

/* Finds the transport of the domain by transport_maps. Returns as
 * postmap_find() does. */
static int find_transport(
	struct survey *survey, struct bytes domain, const char **value)
{
	return postmap_find_transport(survey->diagnosis->postmap,
		value_of(survey, "transport_maps"), domain, survey->transports,
		value);
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
static bool is_thrown(struct survey *survey, struct bytes domain)
{
	const char *transport = value_of(survey, "relay_transport");
	const char *own;
	int found = 0;

	if (throws(transport) || *value_of(survey, "transport_maps"))
		found = find_transport(survey, domain, &own);
	return found >= 0 && throws(found ? own : transport);
}

/* Looks at one domain that inbound rules name. */
static int look(void *context, struct bytes name)
{
	struct survey *survey = context;
	struct bytes domain = name;
	enum domainlist_answer local;
	enum domainlist_answer mailboxes;
	enum domainlist_answer aliases;
	enum domainlist_answer relayed;
	enum route_role role;

	if (!make_example(survey, &domain))
		return ERR_NOMEM;
	role = role_of(survey, domain);
	if (role == ROUTE_REMOTE)
		return 0;
	local = match(survey, "mydestination", domain, DOMAINLIST_EXACT);
	mailboxes = match(
		survey, "virtual_mailbox_domains", domain, DOMAINLIST_EXACT);
	if (role != ROUTE_LOCAL) {
		if (local == DOMAINLIST_YES)
			return add(survey, &survey->in_mydestination, name);
		if (mailboxes == DOMAINLIST_YES)
			return add(survey, &survey->in_mailboxes, name);
	} else if (local == DOMAINLIST_YES || mailboxes == DOMAINLIST_YES) {
		return 0;
	}
	relayed = match(survey, "relay_domains", domain, survey->parents);
	aliases = match(
		survey, "virtual_alias_domains", domain, DOMAINLIST_EXACT);
	if (aliases == DOMAINLIST_YES)
		return has_alias(survey, domain)
			       ? 0
			       : add(survey, &survey->in_aliases, name);
	if (relayed == DOMAINLIST_YES)
		return is_thrown(survey, domain)
			       ? add(survey, &survey->thrown, name)
			       : 0;
	/* What is refused for certain comes before what is not known. */
	if (local == DOMAINLIST_UNKNOWN || mailboxes == DOMAINLIST_UNKNOWN ||
		relayed == DOMAINLIST_UNKNOWN || aliases == DOMAINLIST_UNKNOWN)
		return add(survey, &survey->unknown, name);
	return add(survey, &survey->refused, name);
}

/* "a.example and b.example", or "a.example, b.example and 3 more". */
static const char *tell(struct survey *survey, const struct group *group)
{
	if (group->count <= NAMED_MAX)
		return group->names;
	return diagnosis_text(survey->diagnosis, "%s and %zu more",
		group->names, group->count - NAMED_MAX);
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
static const char *without(
	struct survey *survey, const struct group *group, const char *parameter)
{
	struct bytes rest = bytes_of(value_of(survey, parameter));
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

/* Returns the command for domains that are in the list parameter taken, and
 * should be in relay_domains alone. */
static const char *move(
	struct survey *survey, const struct group *group, const char *taken)
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

/* Returns the command that adds the domains of the group to relay_domains. */
static const char *addition(struct survey *survey, const struct group *group)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	const char *had = relay_domains(diagnosis);
	const char *more = group->count > NAMED_MAX
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

static const char *plural(const struct group *group)
{
	return group->count == 1 ? "" : "s";
}

static int say_taken(
	struct survey *survey, const struct group *group, const char *parameter)
{
	if (!group->count)
		return 0;
	return diagnosis_say(survey->diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(survey->diagnosis,
			"%s has %zu domain%s of inbound rules: %s", parameter,
			group->count, plural(group), tell(survey, group)),
		"Postfix looks for mailboxes and aliases of this host there: "
		"it refuses everybody who has none with 550, before the rules "
		"are read",
		move(survey, group, parameter));
}

static int say_thrown(struct survey *survey)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	const struct group *group = &survey->thrown;
	const char *transport = value_of(survey, "relay_transport");
	bool by_relay = throws(transport);

	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"%s throws away mail for %zu domain%s of inbound "
			"rules: %s",
			by_relay ? diagnosis_text(diagnosis,
					   "relay_transport = %s", transport)
				 : "transport_maps",
			group->count, plural(group), tell(survey, group)),
		"Postfix refuses it, or takes it and delivers it to nobody, "
		"before the rules are read",
		by_relay ? remedy_unset(diagnosis, NULL, "relay_transport")
			 : diagnosis_text(diagnosis,
				   "take %s out of the tables of "
				   "transport_maps, then `postfix reload`",
				   tell(survey, group)));
}

static int say(struct survey *survey)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	int result = 0;

	if (survey->refused.count)
		result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"Postfix does not accept %zu domain%s of "
				"inbound rules: %s",
				survey->refused.count, plural(&survey->refused),
				tell(survey, &survey->refused)),
			"mail from outside to it is refused with 554 (Relay "
			"access denied)",
			addition(survey, &survey->refused));
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
		result = diagnosis_say(diagnosis, DIAGNOSIS_SKIP,
			diagnosis_text(diagnosis,
				"cannot know whether Postfix accepts %zu "
				"domain%s of inbound rules, which a table that "
				"cannot be asked here decides: %s%s",
				survey->unknown.count, plural(&survey->unknown),
				tell(survey, &survey->unknown),
				diagnosis_hint(diagnosis)),
			"", "");
	return result;
}

/* True if the transport leads elsewhere than to the domain's MX. */
bool domains_transport_leads(const char *transport)
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
	struct survey *survey = context;
	struct bytes domain = name;
	const char *transport = "";
	int found;

	if (!make_example(survey, &domain))
		return ERR_NOMEM;
	if (match(survey, "relay_domains", domain, survey->parents) !=
		DOMAINLIST_YES)
		return 0;
	found = find_transport(survey, domain, &transport);
	if (found > 0 && domains_transport_leads(transport))
		return 0;
	return add(
		survey, found >= 0 ? &survey->looping : &survey->unknown, name);
}

static int say_loop(struct survey *survey)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	int result = 0;

	if (survey->looping.count)
		result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"inbound rules are in shadow mode, and "
				"transport_maps has no next hop for %zu "
				"domain%s of theirs: %s",
				survey->looping.count, plural(&survey->looping),
				tell(survey, &survey->looping)),
			"mail that is not rewritten goes to the domain's MX, "
			"which is this relay: Postfix bounces it",
			"add a line \"DOMAIN smtp:[HOST]\" for each to a table "
			"of transport_maps, where HOST has its mailboxes, then "
			"`postfix reload`");
	if (!result && survey->unknown.count)
		result = diagnosis_say(diagnosis, DIAGNOSIS_SKIP,
			diagnosis_text(diagnosis,
				"cannot know whether transport_maps has a next "
				"hop for %zu domain%s of inbound rules: %s%s",
				survey->unknown.count, plural(&survey->unknown),
				tell(survey, &survey->unknown),
				diagnosis_hint(diagnosis)),
			"", "");
	return result;
}

static int add_domain(struct nameset *names, struct bytes address)
{
	const char *at = memrchr(address.data, '@', address.len);
	size_t front = at ? (size_t)(at - address.data) + 1 : 0;

	return nameset_add(names,
		(struct bytes){ address.data + front, address.len - front });
}

/* True if the target is the rule's source, which stays as it is. */
static bool is_source(const struct rule *rule, struct bytes target)
{
	char text[ADDRESS_TEXT_MAX];
	size_t len = rule_source_text(rule->key, text);

	return bytes_equal_nocase(target, (struct bytes){ text, len });
}

/* Gathers the domains of inbound rules. Returns 0, or an error of
 * map_walk_next(). */
static int gather(
	const struct map *map, enum domains_place place, struct nameset *names)
{
	struct map_walk walk = { .map = map, .table = RULE_INBOUND };
	int result;

	while ((result = map_walk_next(&walk)) == 1) {
		struct bytes targets = rule_value_targets(walk.rule.value);
		struct bytes target;

		result = 0;
		if (place == DOMAINS_SOURCES)
			result = add_domain(names, walk.rule.key);
		while (place == DOMAINS_TARGETS && !result &&
			rule_next_target(&targets, &target))
			if (!is_source(&walk.rule, target))
				result = add_domain(names, target);
		if (result)
			break;
	}
	map_walk_close(&walk);
	return result;
}

int domains_each(struct diagnosis *diagnosis, enum domains_place place,
	domains_look *each, void *context)
{
	struct nameset *names;
	const struct bytes *sorted;
	size_t count = 0;
	int result;

	if (!diagnosis->map)
		return 0;
	names = nameset_open();
	if (!names)
		return ERR_NOMEM;
	result = gather(diagnosis->map, place, names);
	sorted = result ? NULL : nameset_sorted(names, &count);
	if (!result && !sorted && count)
		result = ERR_NOMEM;
	for (size_t i = 0; !result && i < count; i++)
		result = each(context, sorted[i]);
	nameset_close(names);
	return result;
}

/* Calls look_at for each source domain, and then tell_all. */
static int survey_all(struct diagnosis *diagnosis, domains_look *look_at,
	int (*tell_all)(struct survey *survey))
{
	struct survey survey = { .diagnosis = diagnosis,
		.parents = diagnosis_parents(diagnosis, "relay_domains"),
		.transports = diagnosis_parents(diagnosis, "transport_maps") };
	int result;

	if (!diagnosis->map)
		return 0;
	result = map_reader_open(&survey.reader, diagnosis->map);
	if (!result)
		result = domains_each(
			diagnosis, DOMAINS_SOURCES, look_at, &survey);
	if (!result)
		result = tell_all(&survey);
	else if (result == ERR_IO || result == ERR_BAD)
		result = diagnosis_say(diagnosis, DIAGNOSIS_SKIP,
			"the map cannot be read; readdress status says why", "",
			"");
	map_reader_close(survey.reader);
	return result;
}

int domains_check(struct diagnosis *diagnosis)
{
	return survey_all(diagnosis, look, say);
}

static int say_elsewhere(struct survey *survey)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	const struct group *group = &survey->looping;

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
			group->count, plural(group), tell(survey, group)),
		"mail that comes in here is not rewritten: it goes to the "
		"domain's MX, and comes back or bounces",
		diagnosis_text(diagnosis,
			"take %s out of relay_domains of this instance, or "
			"send its mail to the instance in %s by a line in "
			"transport_maps; then `postfix reload`",
			group->names, diagnosis->elsewhere));
}

int domains_check_elsewhere(struct diagnosis *diagnosis)
{
	const char *transport =
		postfix_value(diagnosis->postfix, NULL, "relay_transport");

	if (*postfix_value(diagnosis->postfix, NULL, "relayhost") ||
		domains_transport_leads(transport) || !diagnosis->map) {
		struct survey none = { .diagnosis = diagnosis };

		return say_elsewhere(&none);
	}
	return survey_all(diagnosis, look_for_loop, say_elsewhere);
}

int domains_check_shadow_loop(struct diagnosis *diagnosis)
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
	return survey_all(diagnosis, look_for_loop, say_loop);
}

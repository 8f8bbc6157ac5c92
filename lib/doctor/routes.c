#include "doctor/routes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "diagnosis/remedy.h"
#include "doctor/domains.h"
#include "map/lookup.h"
#include "map/nameset.h"
#include "postfix/words.h"
#include "routing/answer.h"
#include "routing/domainrole.h"

#define NAMED_MAX   5	 /* names in one finding */
#define USERS_MAX   1000 /* rules for users that are looked at */
#define CONNECTIONS 2000 /* that the look-up service has at least */
#define DAY	    86400

/* Names for one finding. */
struct names {
	size_t count;
	const char *text; /* the first NAMED_MAX: "a.example, b.example" */
};

struct survey {
	struct diagnosis *diagnosis;
	struct map_reader *reader;
	struct names names;
	struct names unknown; /* where a table decides that cannot be asked */
};

static int add_name(
	struct survey *survey, struct names *names, struct bytes name)
{
	if (names->count++ >= NAMED_MAX)
		return 0;
	names->text = diagnosis_text(survey->diagnosis, "%s%s%.*s",
		names->count > 1 ? names->text : "",
		names->count > 1 ? ", " : "", (int)name.len, name.data);
	return names->text ? 0 : ERR_NOMEM;
}

static const char *tell(struct survey *survey, const struct names *names)
{
	if (names->count <= NAMED_MAX)
		return names->text;
	return diagnosis_text(survey->diagnosis, "%s and %zu more", names->text,
		names->count - NAMED_MAX);
}

static const char *value_of(const struct survey *survey, const char *name)
{
	return postfix_value(survey->diagnosis->postfix, NULL, name);
}

static int begin(struct survey *survey, struct diagnosis *diagnosis)
{
	*survey = (struct survey){ .diagnosis = diagnosis };
	return map_reader_open(&survey->reader, diagnosis->map);
}

/* Ends a check: what the map did not give is no error of ours. */
static int end(struct survey *survey, int result)
{
	map_reader_close(survey->reader);
	if (result != ERR_IO && result != ERR_BAD)
		return result;
	return diagnosis_say(survey->diagnosis, DIAGNOSIS_SKIP,
		"the map cannot be read; readdress status says why", "", "");
}

static int say_unknown(struct survey *survey, const char *what)
{
	if (!survey->unknown.count)
		return 0;
	return diagnosis_say(survey->diagnosis, DIAGNOSIS_SKIP,
		diagnosis_text(survey->diagnosis,
			"cannot know %s, which a table that cannot be asked "
			"here decides: %s%s",
			what, tell(survey, &survey->unknown),
			diagnosis_hint(survey->diagnosis)),
		"", "");
}

/* ---- tables of ours ---- */

/* Cuts the name of the table off the word of a socketmap. *endpoint becomes its
 * socket. Returns false for a table of another type. */
static bool cut_socketmap(
	struct bytes table, struct bytes *endpoint, struct bytes *name)
{
	const char *colon;

	while (bytes_take(&table, "proxy:"))
		;
	if (!bytes_take(&table, "socketmap:"))
		return false;
	colon = memrchr(table.data, ':', table.len);
	if (!colon)
		return false;
	endpoint->data = table.data;
	endpoint->len = (size_t)(colon - table.data);
	name->data = colon + 1;
	name->len = table.len - endpoint->len - 1;
	return true;
}

static bool is_ours(const struct diagnosis *diagnosis, struct bytes endpoint)
{
	char ours[ENDPOINT_MAX];

	if (!*diagnosis->config->lookup_socket)
		return false;
	endpoint_for_postfix(diagnosis->config->lookup_socket, ours);
	return milterlist_is_same(endpoint, bytes_of(ours),
		postfix_value(diagnosis->postfix, NULL, "queue_directory"));
}

/* Writes the answers to all keys. Returns 0, or ERR_IO if one is not known. */
static int write_answers(struct diagnosis *diagnosis, struct map_reader *reader,
	struct bytes name, struct bytes keys, FILE *file)
{
	struct answer *answer = malloc(sizeof *answer);
	int result = answer ? 0 : ERR_NOMEM;

	while (!result && keys.len) {
		struct bytes key = bytes_cut(&keys, '\n');

		answer_query(reader, diagnosis->config, diagnosis->autoroutes,
			name, key, answer);
		if (answer->status == ANSWER_TEMP)
			result = ERR_IO;
		if (answer->status == ANSWER_OK)
			(void)fprintf(file, "%.*s\t%.*s\n", (int)key.len,
				key.data, (int)answer->len, answer->text);
	}
	free(answer);
	return result;
}

int routes_answer(void *context, struct bytes table, struct bytes keys,
	struct bytes *answers)
{
	struct diagnosis *diagnosis = context;
	struct map_reader *reader = NULL;
	struct bytes endpoint;
	struct bytes name;
	char *text = NULL;
	size_t len = 0;
	FILE *file;
	int result;

	if (!cut_socketmap(table, &endpoint, &name) ||
		!is_ours(diagnosis, endpoint))
		return 0;
	if (!diagnosis->map)
		return ERR_IO;
	file = open_memstream(&text, &len);
	if (!file)
		return ERR_NOMEM;
	result = map_reader_open(&reader, diagnosis->map);
	if (!result)
		result = write_answers(diagnosis, reader, name, keys, file);
	if (fclose(file) && !result)
		result = ERR_NOMEM;
	map_reader_close(reader);
	if (!result) {
		answers->data = arena_copy(diagnosis->arena, text, len);
		answers->len = len;
		result = answers->data ? 1 : ERR_NOMEM;
	}
	free(text);
	return result;
}

/* ---- recipients ---- */

/* True if Postfix relays mail for the domain, so that relay_recipient_maps says
 * which users there are. */
static bool is_relayed(struct survey *survey, struct bytes domain)
{
	return diagnosis_match(survey->diagnosis, "relay_domains", domain,
		       diagnosis_parents(survey->diagnosis, "relay_domains")) ==
	       DOMAINLIST_YES;
}

/* The source of a rule for a user. */
struct source {
	struct bytes address;
	struct bytes domain; /* with the "@" */
	bool found;	     /* relay_recipient_maps has it */
};

struct sources {
	struct source *items;
	size_t count;
	size_t room;
	bool unknown; /* a table could not be asked */
};

/* Adds the source of a rule for a user, if Postfix relays mail for its domain.
 * relayed says so of the last one's domain. */
static int add_source(struct survey *survey, struct sources *sources,
	struct bytes key, bool *relayed)
{
	struct arena *arena = survey->diagnosis->arena;
	struct source *grown = array_grow_in(arena, sources->items,
		sources->count, &sources->room, sizeof *grown);
	const char *text = arena_copy(arena, key.data, key.len);
	const char *at = text ? strrchr(text, '@') : NULL;
	struct source *source;
	struct bytes domain;

	if (!grown || !at)
		return text && !at ? 0 : ERR_NOMEM;
	sources->items = grown;
	source = &grown[sources->count];
	*source = (struct source){ { text, key.len }, bytes_of(at), false };
	domain = bytes_of(at + 1);
	/* Most follow others of the same domain. */
	if (!sources->count ||
		!bytes_equal(source->domain, grown[sources->count - 1].domain))
		*relayed = is_relayed(survey, domain);
	sources->count += *relayed;
	return 0;
}

static int gather_sources(struct survey *survey, struct sources *sources)
{
	struct map_walk walk = { .map = survey->diagnosis->map,
		.table = RULE_INBOUND };
	bool relayed = false;
	size_t users = 0;
	int result;

	while ((result = map_walk_next(&walk)) == 1) {
		if (rule_key_is_domain(walk.rule.key))
			continue;
		result = ++users > USERS_MAX ? 1
					     : add_source(survey, sources,
						       walk.rule.key, &relayed);
		if (result)
			break;
	}
	map_walk_close(&walk);
	return result == 1 ? 0 : result;
}

/* Takes the answer of a table from the front of *answers, if it is for the key.
 */
static bool take_answer(struct bytes *answers, struct bytes key)
{
	struct bytes rest = *answers;
	struct bytes line = bytes_cut(&rest, '\n');

	if (!answers->len || !bytes_equal(bytes_cut(&line, '\t'), key))
		return false;
	*answers = rest;
	return true;
}

/* Asks one table of relay_recipient_maps for all that were not found yet. */
static int ask_for_sources(struct diagnosis *diagnosis, struct bytes table,
	struct sources *sources)
{
	bool whole = postmap_has_patterns(table);
	struct bytes answers;
	size_t room = 1;
	size_t used = 0;
	char *text;
	int result;

	for (size_t i = 0; i < sources->count; i++)
		room += sources->items[i].address.len +
			sources->items[i].domain.len + 2;
	text = arena_bytes(diagnosis->arena, room);
	if (!text)
		return ERR_NOMEM;
	for (size_t i = 0; i < sources->count; i++) {
		const struct source *source = &sources->items[i];

		if (source->found)
			continue;
		used += (size_t)snprintf(text + used, room - used, "%s\n%s%s",
			source->address.data, whole ? "" : source->domain.data,
			whole ? "" : "\n");
	}
	if (!used)
		return 0;
	result = postmap_find_all(diagnosis->postmap, table,
		(struct bytes){ text, used }, &answers);
	if (result == ERR_NOMEM)
		return result;
	sources->unknown = sources->unknown || result < 0;
	/* They come in the order of the keys. */
	for (size_t i = 0; !result && i < sources->count; i++) {
		struct source *source = &sources->items[i];
		bool address;
		bool domain;

		if (source->found)
			continue;
		address = take_answer(&answers, source->address);
		domain = take_answer(&answers, source->domain);
		source->found = address || domain;
	}
	return 0;
}

static int look_at_sources(struct survey *survey)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	struct bytes rest = bytes_of(value_of(survey, "relay_recipient_maps"));
	struct sources sources = { .items = NULL };
	struct bytes table;
	int result = gather_sources(survey, &sources);

	while (!result && words_next(&rest, WORDS_OF_LIST, &table))
		result = ask_for_sources(diagnosis, table, &sources);
	for (size_t i = 0; !result && i < sources.count; i++)
		if (!sources.items[i].found)
			result = add_name(survey,
				sources.unknown ? &survey->unknown
						: &survey->names,
				sources.items[i].address);
	return result;
}

/* Looks at a source domain: who is no user of a rule must be refused, or a rule
 * must hold for him. */
static int look_for_backscatter(void *context, struct bytes domain)
{
	struct survey *survey = context;
	struct lookup lookup;
	struct bytes rest = domain;
	int result;

	if (bytes_take(&rest, "*.") || !is_relayed(survey, domain))
		return 0;
	result = lookup_find_domain(
		survey->reader, RULE_INBOUND, domain, &lookup);
	if (result)
		return result < 0 ? result : 0;
	return add_name(survey, &survey->names, domain);
}

static int say_backscatter(struct survey *survey)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	const char *first = survey->names.text;

	if (!survey->names.count)
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			"%s, and inbound has no rule for all others of %s",
			*value_of(survey, "relay_recipient_maps")
				? "smtpd_reject_unlisted_recipient is no"
				: "relay_recipient_maps is empty",
			tell(survey, &survey->names)),
		"mail to unknown users is taken and bounced later: bounces go "
		"to forged senders, and this relay comes on block lists",
		*value_of(survey, "relay_recipient_maps")
			? remedy_unset(diagnosis, NULL,
				  "smtpd_reject_unlisted_recipient")
			: diagnosis_text(diagnosis,
				  "postconf -e 'relay_recipient_maps = "
				  "socketmap:unix:readdress/"
				  "lookup.sock:recipients-open' "
				  "&& postfix reload (with lookup_socket in "
				  "readdress.conf; or list the users of %.*s "
				  "there)",
				  (int)strcspn(first, ","), first));
}

/* True if all tables of the list are our table of that name. */
static bool asks_only(
	const struct diagnosis *diagnosis, const char *list, const char *table)
{
	struct bytes rest = bytes_of(list);
	struct bytes word;
	struct bytes endpoint;
	struct bytes name;
	bool any = false;

	while (words_next(&rest, WORDS_OF_LIST, &word)) {
		any = true;
		if (!cut_socketmap(word, &endpoint, &name) ||
			!is_ours(diagnosis, endpoint) ||
			!bytes_equal(name, bytes_of(table)))
			return false;
	}
	return any;
}

/* Our table recipients knows no user of a domain that is not ours. */
static int check_others(struct survey *survey)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	const char *maps = value_of(survey, "relay_recipient_maps");
	struct bytes rest = bytes_of(postmap_list(
		diagnosis->postmap, value_of(survey, "relay_domains")));
	struct bytes word;
	int result = 0;

	if (!asks_only(diagnosis, maps, "recipients"))
		return 0;
	while (!result && words_next(&rest, WORDS_OF_LIST, &word)) {
		struct bytes endpoint;
		struct bytes name;
		struct domainrole role = { .accepted = false };

		if (*word.data == '!' ||
			(cut_socketmap(word, &endpoint, &name) &&
				is_ours(diagnosis, endpoint)))
			continue;
		if (!memchr(word.data, ':', word.len))
			result = domainrole_find(survey->reader,
				diagnosis->autoroutes, word, &role);
		if (!result && !role.accepted)
			result = add_name(survey, &survey->names, word);
	}
	if (result || !survey->names.count)
		return result;
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"relay_recipient_maps has the table recipients alone, "
			"and relay_domains has domains that are not ours: %s",
			tell(survey, &survey->names)),
		"all users of these domains are refused with 550",
		remedy_replace(diagnosis, NULL, bytes_of(":recipients"),
			":recipients-open",
			"write recipients-open for recipients in "
			"relay_recipient_maps, then `postfix reload`"));
}

/* Postfix asks the old place whether the user is there. */
static int check_verifying(struct diagnosis *diagnosis)
{
	static const char *const lists[] = { "smtpd_recipient_restrictions",
		"smtpd_relay_restrictions" };
	static const char word[] = "reject_unverified_recipient";
	const struct postfix_service *service;
	int result = 0;

	for (size_t i = 0;
		!result && (service = diagnosis_next(diagnosis, &i, NULL));)
		for (size_t k = 0; !result && k < sizeof lists / sizeof *lists;
			k++) {
			const char *left;

			if (!diagnosis_is_public(diagnosis, service) ||
				!postfix_list_has(
					postfix_value(diagnosis->postfix,
						service, lists[k]),
					word))
				continue;
			left = remedy_without(diagnosis,
				remedy_written(diagnosis, service, lists[k]),
				word);
			if (!left)
				return ERR_NOMEM;
			return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
				diagnosis_text(diagnosis, "%s/%s has %s in %s",
					service->name, service->type, word,
					lists[k]),
				"Postfix asks the domain's old place for the "
				"address before it is rewritten, and refuses "
				"users that have moved",
				remedy_set(diagnosis, service, lists[k], left));
		}
	return result;
}

int routes_check_recipients(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	struct survey survey;
	int result;

	if (!diagnosis->map)
		return 0;
	result = begin(&survey, diagnosis);
	/* Without refusals, a list refuses nobody. */
	if (!result &&
		(!*postfix_value(postfix, NULL, "relay_recipient_maps") ||
			!strcasecmp(postfix_value(postfix, NULL,
					    "smtpd_reject_unlisted_recipient"),
				"no"))) {
		result = domains_each(diagnosis, DOMAINS_SOURCES,
			look_for_backscatter, &survey);
		if (!result)
			result = say_backscatter(&survey);
	} else if (!result) {
		result = look_at_sources(&survey);
		if (!result && survey.names.count)
			result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
				diagnosis_text(diagnosis,
					"relay_recipient_maps does not have "
					"%zu source%s of inbound rules: %s",
					survey.names.count,
					survey.names.count == 1 ? "" : "s",
					tell(&survey, &survey.names)),
				"mail to it is refused with 550 (User unknown) "
				"before the rules are read",
				diagnosis_text(diagnosis,
					"add %s to a table of "
					"relay_recipient_maps, then `postfix "
					"reload` (or let the look-up service "
					"answer: readdress.conf(5), "
					"lookup_socket)",
					survey.names.text));
		if (!result)
			result = say_unknown(
				&survey, "whether Postfix takes mail for them");
		survey.names = (struct names){ 0 };
		if (!result)
			result = check_others(&survey);
	}
	if (!result)
		result = check_verifying(diagnosis);
	return end(&survey, result);
}

/* ---- next hops ---- */

/* Returns 1 if mail for the domain has a next hop, 0 if it goes to the domain's
 * MX, or a negative number if that is not known. */
static int has_hop(struct survey *survey, struct bytes domain)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	const char *transport = value_of(survey, "relay_transport");
	const char *own;
	int found = postmap_find_transport(diagnosis->postmap,
		value_of(survey, "transport_maps"), domain,
		diagnosis_parents(diagnosis, "transport_maps"), &own);

	if (found < 0)
		return found;
	/* By this answer of ours it waits: routing/answer.c. */
	if (found && !strncmp(own, "retry:4.4.6", 11))
		return 0;
	if (found && domains_transport_leads(own))
		return 1;
	return *value_of(survey, "relayhost") ||
	       domains_transport_leads(transport);
}

/* True if the rule leaves its source as it is, at least in one copy. */
static bool keeps_source(const struct rule *rule)
{
	struct bytes targets = rule_value_targets(rule->value);
	struct bytes target;
	char text[ADDRESS_TEXT_MAX];
	size_t len = rule_source_text(rule->key, text);

	if (rule_value_kind(rule->value) == RULE_EXCEPTION)
		return true;
	while (rule_next_target(&targets, &target))
		if (bytes_equal_nocase(target, (struct bytes){ text, len }))
			return true;
	return false;
}

static int look_at_stay(struct survey *survey, const struct rule *rule)
{
	const char *at = memrchr(rule->key.data, '@', rule->key.len);
	struct domainrole role;
	struct bytes domain;
	int result;

	if (!at || !keeps_source(rule))
		return 0;
	domain.data = at + 1;
	domain.len = (size_t)(rule->key.data + rule->key.len - domain.data);
	(void)bytes_take(&domain, "*.");
	result = domainrole_find(
		survey->reader, survey->diagnosis->autoroutes, domain, &role);
	if (result || role.role != ROUTE_RELAY)
		return result;
	result = has_hop(survey, domain);
	if (result == ERR_NOMEM || result == 1)
		return result == 1 ? 0 : result;
	return add_name(survey, result < 0 ? &survey->unknown : &survey->names,
		rule->key);
}

int routes_check_stays(struct diagnosis *diagnosis)
{
	struct map_walk walk = { .map = diagnosis->map, .table = RULE_INBOUND };
	struct survey survey;
	int result;

	if (!diagnosis->map)
		return 0;
	result = begin(&survey, diagnosis);
	while (!result && (result = map_walk_next(&walk)) == 1)
		result = look_at_stay(&survey, &walk.rule);
	map_walk_close(&walk);
	if (!result && survey.names.count)
		result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"the rules leave %zu address%s as %s, and the "
				"domain has no next hop: %s",
				survey.names.count,
				survey.names.count == 1 ? "" : "es",
				survey.names.count == 1 ? "it is" : "they are",
				tell(&survey, &survey.names)),
			"its mail goes to the domain's MX, which is this "
			"relay: it waits, or comes back and bounces",
			"readdress add routes @DOMAIN 'smtp:[HOST]:25' "
			"--reload && postfix reload (HOST has the mailboxes of "
			"the DOMAIN; without the look-up service: a line in a "
			"table of transport_maps)");
	if (!result)
		result = say_unknown(&survey, "the next hop of them");
	return end(&survey, result);
}

static int look_at_target(void *context, struct bytes domain)
{
	struct survey *survey = context;
	int result;

	if (!is_relayed(survey, domain))
		return 0;
	result = has_hop(survey, domain);
	if (result == ERR_NOMEM || result == 1)
		return result == 1 ? 0 : result;
	return add_name(
		survey, result < 0 ? &survey->unknown : &survey->names, domain);
}

/* Looks at a row of routes: a host behind NAT does not know itself among the MX
 * records of a domain whose backup it is. */
static int look_at_backup(struct survey *survey, struct bytes domain)
{
	struct domainrole role;
	int result;

	if (*domain.data == '*')
		return 0;
	result = domainrole_find(
		survey->reader, survey->diagnosis->autoroutes, domain, &role);
	if (result || role.role != ROUTE_BACKUP || role.nexthop.len)
		return result;
	result = has_hop(survey, domain);
	if (result)
		return result == ERR_NOMEM ? result : 0;
	return add_name(survey, &survey->names, domain);
}

static int check_backups(struct survey *survey)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	struct map_walk walk = { .map = diagnosis->map, .table = RULE_ROUTES };
	int result = 0;

	survey->names = (struct names){ 0 };
	if (!diagnosis->is_hidden || *value_of(survey, "proxy_interfaces"))
		return 0;
	while (!result && (result = map_walk_next(&walk)) == 1)
		result = look_at_backup(
			survey, (struct bytes){ walk.rule.key.data + 1,
					walk.rule.key.len - 1 });
	map_walk_close(&walk);
	if (result || !survey->names.count)
		return result;
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"this host has no public address, proxy_interfaces is "
			"empty, and it is the backup of %s",
			tell(survey, &survey->names)),
		"Postfix does not know itself among the domain's MX records: "
		"while the primary is down, it sends the mail to itself, and "
		"bounces it",
		"postconf -e 'proxy_interfaces = ADDRESS' && postfix reload "
		"(the public ADDRESS that leads to this host)");
}

int routes_check_target_loop(struct diagnosis *diagnosis)
{
	struct survey survey;
	int result;

	if (!diagnosis->map)
		return 0;
	result = begin(&survey, diagnosis);
	if (!result)
		result = domains_each(
			diagnosis, DOMAINS_TARGETS, look_at_target, &survey);
	if (!result && survey.names.count)
		result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"relay_domains has %zu target domain%s of "
				"inbound rules, without a next hop: %s",
				survey.names.count,
				survey.names.count == 1 ? "" : "s",
				tell(&survey, &survey.names)),
			"mail that was rewritten goes to the MX of its domain, "
			"which is this relay: it comes back and bounces",
			"readdress add routes @DOMAIN 'smtp:[HOST]:25' "
			"--reload && postfix reload (HOST has the mailboxes of "
			"the DOMAIN; without the look-up service: a line in a "
			"table of transport_maps)");
	if (!result)
		result = say_unknown(&survey, "the next hop of them");
	if (!result)
		result = check_backups(&survey);
	return end(&survey, result);
}

/* ---- domains that are held ---- */

int routes_check_hold(struct diagnosis *diagnosis)
{
	const char *text = postfix_value(
		diagnosis->postfix, NULL, "maximal_queue_lifetime");
	uint64_t lifetime = postfix_seconds(bytes_of(text), 'd');
	int result = 0;

	for (size_t i = 0; !result && i < diagnosis->held_count; i++) {
		const struct diagnosis_held *held = &diagnosis->held[i];
		uint64_t age = held->age;

		if (age <= lifetime / 2)
			continue;
		result = diagnosis_say(diagnosis,
			age > lifetime / 5 * 4 ? DIAGNOSIS_FAIL
					       : DIAGNOSIS_WARN,
			diagnosis_text(diagnosis,
				"%s is held for %" PRIu64
				" hours, and maximal_queue_lifetime is %s",
				held->domain, age / 3600, text),
			"mail that waits for it bounces when it is as old as "
			"that",
			diagnosis_text(diagnosis,
				"postconf -e 'maximal_queue_lifetime = %" PRIu64
				"d' && postfix reload (or end it: readdress "
				"delete routes @%s --reload)",
				3 * age / DAY + 1, held->domain));
	}
	return result;
}

/* ---- the look-up service ---- */

/* Gathers keys for a table of ours: source domains, and addresses in them. */
static int add_key(void *context, struct bytes domain)
{
	struct survey *survey = context;

	if (survey->names.count >= NAMED_MAX || *domain.data == '*')
		return 0;
	survey->names.text = diagnosis_text(survey->diagnosis,
		"%s%.*s\nany@%.*s\n",
		survey->names.count++ ? survey->names.text : "",
		(int)domain.len, domain.data, (int)domain.len, domain.data);
	return survey->names.text ? 0 : ERR_NOMEM;
}

/* Asks the service itself, and compares what it says with the newest map. */
static int compare_answers(struct diagnosis *diagnosis, struct bytes table)
{
	struct survey survey = { .diagnosis = diagnosis, .names = { 0, "" } };
	const struct diagnosis_milter *milter = diagnosis->milter;
	struct bytes said;
	struct bytes own = { "", 0 };
	int result = domains_each(diagnosis, DOMAINS_SOURCES, add_key, &survey);

	if (result || !diagnosis->map)
		return result;
	if (!diagnosis->postmap->ask)
		return diagnosis_say(diagnosis, DIAGNOSIS_SKIP,
			"no table can be asked here", "", "");
	result = postmap_ask_itself(
		diagnosis->postmap, table, bytes_of(survey.names.text), &said);
	if (result == ERR_NOMEM)
		return result;
	if (result < 0)
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis, "%.*s does not answer",
				(int)table.len, table.data),
			"all mail waits that Postfix asks about there",
			"systemctl restart readdress-milter");
	result = routes_answer(
		diagnosis, table, bytes_of(survey.names.text), &own);
	if (result < 0)
		return result == ERR_NOMEM ? result : 0;
	if (bytes_equal(said, own) || !milter ||
		milter->served != map_meta(diagnosis->map)->generation)
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"%.*s answers by other rules than the newest",
			(int)table.len, table.data),
		"Postfix accepts and routes mail by rules that are not those "
		"by which it is rewritten",
		"systemctl restart readdress-milter");
}

/* True if an smtpd is in a chroot. */
static bool has_chroot(const struct diagnosis *diagnosis)
{
	const struct postfix_service *service;

	for (size_t i = 0; (service = postfix_service(diagnosis->postfix, i));
		i++)
		if (service->chroot && !strcmp(service->command, "smtpd"))
			return true;
	return false;
}

/* Returns the endpoint of the look-up service, as Postfix names it from its
 * queue directory. */
static const char *lookup_endpoint(struct diagnosis *diagnosis)
{
	char ours[ENDPOINT_MAX];
	struct bytes path;

	endpoint_for_postfix(diagnosis->config->lookup_socket, ours);
	path = bytes_of(ours);
	if (milterlist_take_path(&path,
		    postfix_value(diagnosis->postfix, NULL, "queue_directory")))
		return diagnosis_text(
			diagnosis, "unix:%.*s", (int)path.len, path.data);
	return diagnosis_text(diagnosis, "%s", ours);
}

/* A table that is to be ours, and is not found at its socket. */
static int say_elsewhere(struct diagnosis *diagnosis,
	const struct postfix_service *service, struct bytes table,
	struct bytes endpoint)
{
	const char *right = lookup_endpoint(diagnosis);
	const char *found = diagnosis_text(diagnosis,
		*diagnosis->config->lookup_socket
			? "Postfix asks %.*s, and the look-up service is at %s"
			: "Postfix asks %.*s, and readdress.conf has no "
			  "lookup_socket%s",
		(int)table.len, table.data,
		*diagnosis->config->lookup_socket ? right : "");

	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL, found,
		"all mail waits that Postfix asks about there",
		*diagnosis->config->lookup_socket
			? remedy_replace(diagnosis, service, endpoint, right,
				  "name the socket of readdress.conf in "
				  "main.cf, then `postfix reload`")
			: "set lookup_socket in readdress.conf, then "
			  "`systemctl restart readdress-milter`");
}

static int look_at_word(struct diagnosis *diagnosis,
	const struct postfix_service *service, struct bytes word)
{
	struct bytes endpoint;
	struct bytes name;
	struct bytes path;

	if (!cut_socketmap(word, &endpoint, &name))
		return 0;
	path = endpoint;
	if (!is_ours(diagnosis, endpoint))
		return memmem(endpoint.data, endpoint.len, "readdress", 9)
			       ? say_elsewhere(
					 diagnosis, service, word, endpoint)
			       : 0;
	if (bytes_take(&path, "unix:/") && has_chroot(diagnosis))
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"%.*s has a whole path, and smtpd is in a "
				"chroot",
				(int)word.len, word.data),
			"it looks for the socket below its queue directory: "
			"all mail waits",
			remedy_replace(diagnosis, service, endpoint,
				lookup_endpoint(diagnosis),
				"write the path from Postfix's queue directory "
				"on, then `postfix reload`"));
	if (diagnosis->milter && !diagnosis->milter->up)
		return diagnosis_say(diagnosis, DIAGNOSIS_SKIP,
			"the milter is not running, and so is not the look-up "
			"service",
			"", "");
	return compare_answers(diagnosis, word);
}

/* Each smtpd process holds a connection. */
static int check_processes(struct diagnosis *diagnosis)
{
	const struct postfix_service *service;
	size_t sum = 0;

	for (size_t i = 0; (service = postfix_service(diagnosis->postfix, i));
		i++) {
		if (strcmp(service->command, "smtpd") != 0)
			continue;
		if (!service->max_processes)
			sum = CONNECTIONS;
		sum += service->max_processes;
	}
	if (sum <= CONNECTIONS)
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			"master.cf allows more smtpd processes than the "
			"look-up service surely has connections for, %d",
			CONNECTIONS),
		"those that wait for one slow others down",
		"postconf -e 'default_process_limit = 100' && postfix reload "
		"(and lower the numbers of smtpd in master.cf)");
}

int routes_check_lookup(struct diagnosis *diagnosis)
{
	const struct postfix *written = diagnosis->written;
	struct nameset *seen = nameset_open();
	const char *name;
	bool any = false;
	int result = seen ? 0 : ERR_NOMEM;

	for (size_t i = 0; !result && postfix_setting(written, i, &name); i++) {
		const struct postfix_service *service =
			postfix_setting_service(written, i);
		struct bytes rest;
		struct bytes word;

		if (service)
			service = postfix_find_service(diagnosis->postfix,
				bytes_of(service->name),
				bytes_of(service->type));
		rest = bytes_of(
			postfix_value(diagnosis->postfix, service, name));
		while (!result && words_next(&rest, WORDS_OF_LIST, &word)) {
			struct bytes unused;

			if (!cut_socketmap(word, &unused, &unused) ||
				nameset_has(seen, word))
				continue;
			any = true;
			result = nameset_add(seen, word);
			if (!result)
				result = look_at_word(diagnosis, service, word);
		}
	}
	nameset_close(seen);
	return !result && any ? check_processes(diagnosis) : result;
}

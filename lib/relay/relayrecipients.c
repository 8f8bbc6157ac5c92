#include "relay/relayrecipients.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "diagnosis/ourtable.h"
#include "diagnosis/remedy.h"
#include "diagnosis/ruledomains.h"
#include "diagnosis/tally.h"
#include "map/lookup.h"
#include "postfix/words.h"
#include "routing/domainrole.h"

#define USERS_MAX 1000 /* rules for users that are looked at */

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
static int add_source(struct tally *tally, struct sources *sources,
	struct bytes key, bool *relayed)
{
	struct arena *arena = tally->diagnosis->arena;
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
		*relayed = tally_is_relayed(tally, domain);
	sources->count += *relayed;
	return 0;
}

static int gather_sources(struct tally *tally, struct sources *sources)
{
	struct map_walk walk = { .map = tally->diagnosis->map,
		.table = RULE_INBOUND };
	bool relayed = false;
	size_t users = 0;
	int result;

	while ((result = map_walk_next(&walk)) == 1) {
		if (rule_key_is_domain(walk.rule.key))
			continue;
		result = ++users > USERS_MAX ? 1
					     : add_source(tally, sources,
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

static int look_at_sources(struct tally *tally)
{
	struct diagnosis *diagnosis = tally->diagnosis;
	struct bytes rest =
		bytes_of(tally_value(tally, "relay_recipient_maps"));
	struct sources sources = { .items = NULL };
	struct bytes table;
	int result = gather_sources(tally, &sources);

	while (!result && words_next(&rest, WORDS_OF_LIST, &table))
		result = ask_for_sources(diagnosis, table, &sources);
	for (size_t i = 0; !result && i < sources.count; i++)
		if (!sources.items[i].found)
			result = tally_add(tally,
				sources.unknown ? &tally->unknown
						: &tally->names,
				sources.items[i].address);
	return result;
}

/* Looks at a source domain: who is no user of a rule must be refused, or a rule
 * must hold for him. */
static int look_for_backscatter(void *context, struct bytes domain)
{
	struct tally *tally = context;
	struct lookup lookup;
	struct bytes rest = domain;
	int result;

	if (bytes_take(&rest, "*.") || !tally_is_relayed(tally, domain))
		return 0;
	result = lookup_find_domain(
		tally->reader, RULE_INBOUND, domain, &lookup);
	if (result)
		return result < 0 ? result : 0;
	return tally_add(tally, &tally->names, domain);
}

/* service has a value of its own for refusals; NULL: that of main.cf counts. */
static int say_backscatter(
	struct tally *tally, const struct postfix_service *service)
{
	static const char refusals[] = "smtpd_reject_unlisted_recipient";
	struct diagnosis *diagnosis = tally->diagnosis;
	const char *first = tally->names.text;
	bool lists = *tally_value(tally, "relay_recipient_maps");

	if (!tally->names.count)
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			"%s%s%s, and inbound has no rule for all others of %s",
			lists ? "smtpd_reject_unlisted_recipient is no"
			      : "relay_recipient_maps is empty",
			service ? " in " : "",
			service ? diagnosis_name(diagnosis, service) : "",
			tally_tell(tally, &tally->names)),
		"mail to unknown users is taken and bounced later: bounces go "
		"to forged senders, and this relay comes on block lists",
		lists ? remedy_unset(diagnosis, service, refusals)
		      : diagnosis_text(diagnosis,
				"postconf -e 'relay_recipient_maps = "
				"socketmap:unix:readdress/"
				"lookup.sock:recipients-open' "
				"&& postfix reload (with lookup_socket in "
				"readdress.conf, as `readdress postfix "
				"--apply` does it; or list the users of %.*s "
				"there)",
				(int)strcspn(first, ","), first));
}

static bool is_no(const char *value)
{
	return !strcasecmp(value, "no") || !strcasecmp(value, "false");
}

/* A service of strangers that takes mail for users whom the list lacks. */
static int check_unlisted(struct tally *tally)
{
	static const char refusals[] = "smtpd_reject_unlisted_recipient";
	struct diagnosis *diagnosis = tally->diagnosis;
	const struct postfix_service *service;
	int result;

	tally->names = (struct tally_names){ 0 };
	for (size_t i = 0; (service = diagnosis_next(diagnosis, &i, NULL));) {
		if (!diagnosis_is_public(diagnosis, service) ||
			!postfix_overrides(
				diagnosis->postfix, service, refusals) ||
			!is_no(postfix_value(
				diagnosis->postfix, service, refusals)))
			continue;
		result = ruledomains_each(diagnosis, RULEDOMAINS_SOURCES,
			look_for_backscatter, tally);
		return result ? result : say_backscatter(tally, service);
	}
	return 0;
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
		if (!ourtable_cut(word, &endpoint, &name) ||
			!ourtable_is_ours(diagnosis, endpoint) ||
			!bytes_equal(name, bytes_of(table)))
			return false;
	}
	return any;
}

/* Our table recipients knows no user of a domain that is not ours. */
static int check_others(struct tally *tally)
{
	struct diagnosis *diagnosis = tally->diagnosis;
	const char *maps = tally_value(tally, "relay_recipient_maps");
	struct bytes rest = bytes_of(postmap_list(
		diagnosis->postmap, tally_value(tally, "relay_domains")));
	struct bytes word;
	int result = 0;

	if (!asks_only(diagnosis, maps, "recipients"))
		return 0;
	while (!result && words_next(&rest, WORDS_OF_LIST, &word)) {
		struct bytes endpoint;
		struct bytes name;
		struct domainrole role = { .accepted = false };

		if (*word.data == '!' ||
			(ourtable_cut(word, &endpoint, &name) &&
				ourtable_is_ours(diagnosis, endpoint)))
			continue;
		if (!memchr(word.data, ':', word.len))
			result = domainrole_find(tally->reader,
				diagnosis->autoroutes, word, &role);
		if (!result && !role.accepted)
			result = tally_add(tally, &tally->names, word);
	}
	if (result || !tally->names.count)
		return result;
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"relay_recipient_maps has the table recipients alone, "
			"and relay_domains has domains that are not ours: %s",
			tally_tell(tally, &tally->names)),
		"all users of these domains are refused with 550",
		remedy_replace(diagnosis, NULL, bytes_of(":recipients"),
			":recipients-open",
			"write recipients-open for recipients in "
			"relay_recipient_maps, then `postfix reload`"));
}

/* Looks at one list of restrictions for a word that asks the old place whether
 * the user is there. */
static int look_for_verifying(struct diagnosis *diagnosis,
	const struct postfix_service *service, const char *list)
{
	static const char word[] = "reject_unverified_recipient";
	const char *left;

	if (!postfix_list_has(
		    postfix_value(diagnosis->postfix, service, list), word))
		return 0;
	left = remedy_without(
		diagnosis, remedy_written(diagnosis, service, list), word);
	if (!left)
		return ERR_NOMEM;
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis, "%s/%s has %s in %s", service->name,
			service->type, word, list),
		"Postfix asks the domain's old place for the address before it "
		"is rewritten, and refuses users that have moved",
		remedy_set(diagnosis, service, list, left));
}

static int check_verifying(struct diagnosis *diagnosis)
{
	static const char *const lists[] = { "smtpd_recipient_restrictions",
		"smtpd_relay_restrictions", "smtpd_client_restrictions",
		"smtpd_helo_restrictions", "smtpd_sender_restrictions",
		"smtpd_data_restrictions" };
	const struct postfix_service *service;
	size_t said = diagnosis->said;
	int result = 0;

	for (size_t i = 0; !result && diagnosis->said == said &&
			   (service = diagnosis_next(diagnosis, &i, NULL));) {
		struct bytes rest = bytes_of(postfix_value(diagnosis->postfix,
			service, "smtpd_restriction_classes"));
		struct bytes word;

		if (!diagnosis_is_public(diagnosis, service))
			continue;
		for (size_t k = 0; !result && diagnosis->said == said &&
				   k < sizeof lists / sizeof *lists;
			k++)
			result = look_for_verifying(
				diagnosis, service, lists[k]);
		/* Names of lists that these, or tables, may name. */
		while (!result && diagnosis->said == said &&
			words_next(&rest, WORDS_OF_LIST, &word)) {
			const char *name = diagnosis_text(
				diagnosis, "%.*s", (int)word.len, word.data);

			if (!name)
				return ERR_NOMEM;
			result = look_for_verifying(diagnosis, service, name);
		}
	}
	return result;
}

static const char *missing_remedy(struct tally *tally)
{
	struct diagnosis *diagnosis = tally->diagnosis;

	return diagnosis_text(diagnosis,
		*diagnosis->config->lookup_socket
			? "readdress postfix --apply (or add %s to a table of "
			  "relay_recipient_maps, then `postfix reload`)"
			: "add %s to a table of relay_recipient_maps, then "
			  "`postfix reload` (or let the look-up service "
			  "answer: readdress.conf(5), lookup_socket)",
		tally->names.text);
}

int relayrecipients_check(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	struct tally tally;
	int result;

	if (!diagnosis->map)
		return 0;
	result = tally_begin(&tally, diagnosis);
	/* Without refusals, a list refuses nobody. */
	if (!result &&
		(!*postfix_value(postfix, NULL, "relay_recipient_maps") ||
			is_no(postfix_value(postfix, NULL,
				"smtpd_reject_unlisted_recipient")))) {
		result = ruledomains_each(diagnosis, RULEDOMAINS_SOURCES,
			look_for_backscatter, &tally);
		if (!result)
			result = say_backscatter(&tally, NULL);
	} else if (!result) {
		result = look_at_sources(&tally);
		if (!result && tally.names.count)
			result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
				diagnosis_text(diagnosis,
					"relay_recipient_maps does not have "
					"%zu source%s of inbound rules: %s",
					tally.names.count,
					tally.names.count == 1 ? "" : "s",
					tally_tell(&tally, &tally.names)),
				"mail to it is refused with 550 (User unknown) "
				"before the rules are read",
				missing_remedy(&tally));
		if (!result)
			result = tally_say_unknown(
				&tally, "whether Postfix takes mail for them");
		tally.names = (struct tally_names){ 0 };
		if (!result)
			result = check_others(&tally);
		if (!result)
			result = check_unlisted(&tally);
	}
	if (!result)
		result = check_verifying(diagnosis);
	return tally_end(&tally, result);
}

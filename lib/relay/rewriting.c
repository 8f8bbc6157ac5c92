#include "relay/rewriting.h"

#include <stdio.h>

#include "base/array.h"
#include "diagnosis/remedy.h"
#include "map/lookup.h"
#include "map/nameset.h"
#include "postfix/words.h"

#define RULES_MAX 1000 /* rules for users that are looked at, in each table */
#define NAMED_MAX 3    /* addresses in one finding */

/* What an address is in our rules. */
#define IN_SOURCE  1u
#define IN_TARGET  2u
#define OUT_SOURCE 4u
#define OUT_TARGET 8u

struct subject {
	struct bytes address; /* "bob@new.example" */
	struct bytes domain;
	unsigned roles;
};

/* What one table of Postfix makes of an address of ours. */
struct change {
	const struct subject *subject;
	const char *key; /* of the table: the address, or "@domain" */
	const char *result;
	bool back; /* the result is the source of an inbound rule */
};

struct survey {
	struct diagnosis *diagnosis;
	struct map_reader *reader;
	bool wants_back; /* the check is target-back */
	struct subject *subjects;
	size_t count;
	size_t room;
	/* The parameter that is looked at. */
	const char *parameter;
	const char *classes; /* its list of classes; NULL: it has none */
	const struct postfix_service *service; /* it is this one's; or NULL */
	struct change changes[NAMED_MAX];
	size_t changed;
	unsigned roles; /* of all that are changed */
};

static int add_subject(
	struct survey *survey, struct bytes address, unsigned roles)
{
	struct arena *arena = survey->diagnosis->arena;
	struct subject *grown = array_grow_in(arena, survey->subjects,
		survey->count, &survey->room, sizeof *grown);
	const char *copy = arena_copy(arena, address.data, address.len);
	const char *at = copy ? strrchr(copy, '@') : NULL;

	if (!grown || !copy)
		return ERR_NOMEM;
	survey->subjects = grown;
	if (!at)
		return 0;
	grown[survey->count++] = (struct subject){ { copy, address.len },
		bytes_of(at + 1), roles };
	return 0;
}

/* Adds a source or a target of a rule. Of a whole domain, one address stands
 * for all. */
static int add_text(struct survey *survey, struct bytes text, unsigned roles)
{
	struct bytes domain = text;
	const char *example;

	if (!bytes_take(&domain, "@"))
		return add_subject(survey, text, roles);
	example = diagnosis_text(survey->diagnosis, "any@%s%.*s",
		bytes_take(&domain, "*.") ? "any." : "", (int)domain.len,
		domain.data);
	return example ? add_subject(survey, bytes_of(example), roles)
		       : ERR_NOMEM;
}

static int add_rule(
	struct survey *survey, enum rule_table table, const struct rule *rule)
{
	struct bytes targets = rule_value_targets(rule->value);
	struct bytes target;
	bool inbound = table == RULE_INBOUND;
	int result = 0;

	if (rule_value_kind(rule->value) == RULE_EXCEPTION)
		return 0;
	result = add_text(survey, rule->key, inbound ? IN_SOURCE : OUT_SOURCE);
	while (!result && rule_next_target(&targets, &target))
		result = add_text(
			survey, target, inbound ? IN_TARGET : OUT_TARGET);
	return result;
}

/* Gathers the addresses of all rules for domains, and of some for users. */
static int gather(struct survey *survey, enum rule_table table)
{
	struct map_walk walk = { .map = survey->diagnosis->map,
		.table = table };
	size_t users = 0;
	int result;

	while ((result = map_walk_next(&walk)) == 1) {
		if (!rule_key_is_domain(walk.rule.key) && ++users > RULES_MAX)
			continue;
		result = add_rule(survey, table, &walk.rule);
		if (result)
			break;
	}
	map_walk_close(&walk);
	return result;
}

/* ---- what becomes of an address ---- */

/* Returns 1 if an inbound rule holds for the address, 0 if not, or an error. */
static int is_source(struct survey *survey, const char *address)
{
	const struct localpart_syntax syntax =
		config_localpart(survey->diagnosis->config);
	struct mailbox mailbox;
	struct lookup lookup;

	if (address_parse_internal(address, strlen(address), &mailbox))
		return 0;
	return lookup_find(
		survey->reader, RULE_INBOUND, &mailbox, &syntax, &lookup);
}

/* Notes that the table has value for the key. A value that changes nothing is
 * none. */
static int note(struct survey *survey, const struct subject *subject,
	struct bytes key, struct bytes value)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	struct bytes first = bytes_trim(value, WORDS_OF_LIST);
	struct bytes word;
	struct change change = { .subject = subject };
	int back = 0;

	if (!words_next(&first, WORDS_OF_LIST, &word))
		return 0;
	change.key = diagnosis_text(diagnosis, "%.*s", (int)key.len, key.data);
	if (*word.data == '@')
		change.result = diagnosis_text(diagnosis, "%.*s%.*s",
			(int)(subject->domain.data - 1 - subject->address.data),
			subject->address.data, (int)word.len, word.data);
	else
		change.result = diagnosis_text(
			diagnosis, "%.*s", (int)word.len, word.data);
	if (!change.key || !change.result)
		return ERR_NOMEM;
	if (!first.len &&
		bytes_equal_nocase(subject->address, bytes_of(change.result)))
		return 0;
	if (subject->roles & IN_TARGET)
		back = is_source(survey, change.result);
	if (back < 0)
		return back;
	if ((back == 1) != survey->wants_back)
		return 0;
	survey->roles |= subject->roles;
	for (size_t i = 0; i < survey->changed && i < NAMED_MAX; i++)
		if (bytes_equal(survey->changes[i].subject->address,
			    subject->address))
			return 0;
	if (survey->changed < NAMED_MAX)
		survey->changes[survey->changed] = change;
	survey->changed++;
	return 0;
}

/* ---- the tables ---- */

/* Writes the keys of all addresses with one of the roles: the addresses, or
 * their domains as "@domain". Returns how many bytes it wrote. */
static size_t write_keys(
	const struct survey *survey, unsigned roles, bool domains, char *text)
{
	size_t used = 0;

	for (size_t i = 0; i < survey->count; i++) {
		const struct subject *subject = &survey->subjects[i];
		struct bytes key = subject->address;

		if (!(subject->roles & roles))
			continue;
		if (domains) {
			key.data = subject->domain.data - 1;
			key.len = subject->domain.len + 1;
		}
		if (text) {
			memcpy(text + used, key.data, key.len);
			text[used + key.len] = '\n';
		}
		used += key.len + 1;
	}
	return used;
}

/* Asks a table for all addresses, or for their domains. */
static int ask(
	struct survey *survey, struct bytes table, unsigned roles, bool domains)
{
	size_t len = write_keys(survey, roles, domains, NULL);
	char *text = arena_bytes(survey->diagnosis->arena, len + 1);
	struct bytes answers;
	size_t at = 0;
	int result;

	if (!text)
		return ERR_NOMEM;
	(void)write_keys(survey, roles, domains, text);
	if (!len)
		return 0;
	result = postmap_find_all(survey->diagnosis->postmap, table,
		(struct bytes){ text, len }, &answers);
	if (result < 0)
		return result == ERR_NOMEM ? result : 1;
	/* The answers come in the order of the keys. */
	while (!result && answers.len) {
		struct bytes value = bytes_cut(&answers, '\n');
		struct bytes key = bytes_cut(&value, '\t');

		for (; at < survey->count; at++) {
			const struct subject *subject = &survey->subjects[at];
			struct bytes own = subject->address;

			if (domains)
				own = (struct bytes){ subject->domain.data - 1,
					subject->domain.len + 1 };
			if ((subject->roles & roles) && bytes_equal(own, key))
				break;
		}
		if (at == survey->count)
			break;
		result = note(survey, &survey->subjects[at++], key, value);
	}
	return result;
}

/* Returns the command that takes the keys out of a table that postmap made of a
 * file, or NULL. */
static const char *edit_table(struct survey *survey, struct bytes table)
{
	static const char *const types[] = {
		"hash:", "btree:", "lmdb:", "cdb:", "dbm:", "texthash:"
	};
	struct diagnosis *diagnosis = survey->diagnosis;
	const char *text = "sed -i";
	struct bytes path = table;
	bool known = false;

	for (size_t i = 0; !known && i < sizeof types / sizeof *types; i++)
		known = bytes_take(&path, types[i]);
	if (!known || survey->changed > NAMED_MAX)
		return NULL;
	for (size_t i = 0; text && i < survey->changed; i++) {
		const char *pattern = "";

		for (const char *c = survey->changes[i].key; pattern && *c; c++)
			pattern = diagnosis_text(diagnosis, "%s%s%c", pattern,
				strchr(".*[]^$\\/", *c) ? "\\" : "", *c);
		if (!pattern || strchr(pattern, '\''))
			return NULL;
		text = diagnosis_text(
			diagnosis, "%s -e '/^%s[[:space:]]/Id'", text, pattern);
	}
	if (!text)
		return NULL;
	return diagnosis_text(diagnosis, "%s %.*s%s%.*s && postfix reload",
		text, (int)path.len, path.data,
		!strncmp(table.data, "texthash:", 9) ? "" : " && postmap ",
		!strncmp(table.data, "texthash:", 9) ? 0 : (int)table.len,
		table.data);
}

/* Returns the command that keeps the parameter off our addresses. */
static const char *limit_classes(struct survey *survey)
{
	static const struct {
		const char *name;
		unsigned roles;
	} classes[] = {
		{ "envelope_sender", OUT_SOURCE | OUT_TARGET },
		{ "header_sender", OUT_SOURCE },
		{ "envelope_recipient", IN_SOURCE | IN_TARGET },
		{ "header_recipient", IN_SOURCE },
	};
	struct diagnosis *diagnosis = survey->diagnosis;
	const char *left = postfix_value(
		diagnosis->postfix, survey->service, survey->classes);

	for (size_t i = 0; left && i < sizeof classes / sizeof *classes; i++)
		if (classes[i].roles & survey->roles)
			left = remedy_without(diagnosis, left, classes[i].name);
	return left ? remedy_set(
			      diagnosis, survey->service, survey->classes, left)
		    : NULL;
}

static int say(struct survey *survey, struct bytes table)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	const struct change *first = &survey->changes[0];
	const char *remedy = edit_table(survey, table);
	const char *more = survey->changed > 1
				   ? diagnosis_text(diagnosis, ", and %zu more",
					     survey->changed - 1)
				   : "";

	if (!survey->changed)
		return 0;
	if (!remedy && survey->classes)
		remedy = limit_classes(survey);
	if (!remedy)
		remedy = diagnosis_text(diagnosis,
			"take %s out of %.*s, which %s names, then `postfix "
			"reload`",
			first->key, (int)table.len, table.data,
			survey->parameter);
	return diagnosis_say(diagnosis,
		survey->wants_back ? DIAGNOSIS_FAIL : DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			survey->wants_back
				? "%s leads the target %.*s of a rule back to "
				  "a source, %s%s"
				: "%s changes %.*s of our rules to %s%s",
			survey->parameter, (int)first->subject->address.len,
			first->subject->address.data, first->result,
			more ? more : ""),
		survey->wants_back
			? "Postfix undoes the rule: the mail goes to the old "
			  "address, and comes back to this relay or bounces"
			: "an address is rewritten twice, or before the rules "
			  "see it: mail goes to another mailbox than the rules "
			  "say, or a rule does not hold",
		remedy);
}

/* Looks at all tables of the parameter. */
static int look_at(struct survey *survey, unsigned roles)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	struct bytes rest = bytes_of(postfix_value(
		diagnosis->postfix, survey->service, survey->parameter));
	struct bytes table;
	int result = 0;

	while (result >= 0 && words_next(&rest, WORDS_OF_LIST, &table)) {
		survey->changed = 0;
		survey->roles = 0;
		result = ask(survey, table, roles, false);
		if (!result && !postmap_has_patterns(table))
			result = ask(survey, table, roles, true);
		if (result == 1)
			result = diagnosis_say(diagnosis, DIAGNOSIS_SKIP,
				diagnosis_text(diagnosis,
					"cannot ask %.*s, which %s names%s",
					(int)table.len, table.data,
					survey->parameter,
					diagnosis_hint(diagnosis)),
				"", "");
		else if (!result)
			result = say(survey, table);
		if (result)
			break;
	}
	return result;
}

/* Which addresses the classes of a parameter are about. */
static unsigned roles_of(const struct survey *survey)
{
	const char *classes = postfix_value(
		survey->diagnosis->postfix, survey->service, survey->classes);
	unsigned roles = 0;

	if (postfix_list_has(classes, "envelope_recipient"))
		roles |= IN_SOURCE | IN_TARGET;
	if (postfix_list_has(classes, "header_recipient"))
		roles |= IN_SOURCE;
	if (postfix_list_has(classes, "envelope_sender"))
		roles |= OUT_SOURCE | OUT_TARGET;
	if (postfix_list_has(classes, "header_sender"))
		roles |= OUT_SOURCE;
	return roles;
}

/* Looks at masquerade_domains, which takes "host." off "user@host.domain". */
static int look_at_masquerades(struct survey *survey)
{
	struct diagnosis *diagnosis = survey->diagnosis;
	const char *value = postfix_value(
		diagnosis->postfix, survey->service, "masquerade_domains");
	unsigned roles;
	int result = 0;

	survey->parameter = "masquerade_domains";
	survey->classes = "masquerade_classes";
	survey->changed = 0;
	survey->roles = 0;
	roles = *value ? roles_of(survey) : 0;
	for (size_t i = 0; !result && i < survey->count; i++) {
		const struct subject *subject = &survey->subjects[i];
		struct bytes rest = bytes_of(value);
		struct bytes word;

		while (!result && (subject->roles & roles) &&
			words_next(&rest, WORDS_OF_LIST, &word)) {
			bool other = bytes_take(&word, "!");
			size_t front = subject->domain.len - word.len;
			bool below = subject->domain.len > word.len &&
				     subject->domain.data[front - 1] == '.' &&
				     !strncasecmp(subject->domain.data + front,
					     word.data, word.len);
			char text[ADDRESS_TEXT_MAX];

			if (!below &&
				!bytes_equal_nocase(subject->domain, word))
				continue;
			(void)snprintf(text, sizeof text, "@%.*s",
				(int)word.len, word.data);
			if (!other && below)
				result = note(survey, subject, subject->domain,
					bytes_of(text));
			break;
		}
	}
	return result ? result : say(survey, bytes_of(value));
}

/* The cleanup service that the milter's services hand mail to, if Postfix
 * rewrites addresses there. */
static const struct postfix_service *cleanup_of(
	const struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service;

	for (size_t i = 0; (service = diagnosis_next(diagnosis, &i, NULL));)
		if (!postfix_list_has(postfix_value(postfix, service,
					      "receive_override_options"),
			    "no_address_mappings"))
			return postfix_find_service(postfix,
				bytes_of(postfix_value(postfix, service,
					"cleanup_service_name")),
				bytes_of("unix"));
	return NULL;
}

static int look_at_cleanup(struct survey *survey)
{
	static const char *const parameters[][2] = {
		{ "canonical_maps", "canonical_classes" },
		{ "recipient_canonical_maps", "recipient_canonical_classes" },
		{ "sender_canonical_maps", "sender_canonical_classes" },
		{ "virtual_alias_maps", NULL }
	};
	int result = 0;

	survey->service = cleanup_of(survey->diagnosis);
	for (size_t i = 0; !result && survey->service &&
			   i < sizeof parameters / sizeof *parameters;
		i++) {
		survey->parameter = parameters[i][0];
		survey->classes = parameters[i][1];
		result = look_at(survey, survey->classes
						 ? roles_of(survey)
						 : IN_SOURCE | IN_TARGET);
	}
	if (!result && survey->service)
		result = look_at_masquerades(survey);
	return result;
}

/* smtp_generic_maps changes what leaves, and leads nothing back. */
static int look_at_generics(struct survey *survey)
{
	const struct postfix *postfix = survey->diagnosis->postfix;
	const struct postfix_service *service;
	const char *before = "";
	int result = 0;

	survey->parameter = "smtp_generic_maps";
	survey->classes = NULL;
	for (size_t i = 0; !result && (service = postfix_service(postfix, i));
		i++) {
		const char *value =
			postfix_value(postfix, service, survey->parameter);

		if (strcmp(service->command, "smtp") != 0 || !*value ||
			!strcmp(value, before))
			continue;
		before = value;
		survey->service = service;
		result = look_at(survey, IN_TARGET | OUT_TARGET);
	}
	return result;
}

static int check(struct diagnosis *diagnosis, bool back)
{
	struct survey survey = { .diagnosis = diagnosis, .wants_back = back };
	int result;

	if (!diagnosis->map)
		return 0;
	result = map_reader_open(&survey.reader, diagnosis->map);
	if (!result)
		result = gather(&survey, RULE_INBOUND);
	if (!result)
		result = gather(&survey, RULE_OUTBOUND);
	if (!result)
		result = look_at_cleanup(&survey);
	if (!result && !back)
		result = look_at_generics(&survey);
	if (result == ERR_IO || result == ERR_BAD)
		result = diagnosis_say(diagnosis, DIAGNOSIS_SKIP,
			"the map cannot be read; readdress status says why", "",
			"");
	map_reader_close(survey.reader);
	return result;
}

int rewriting_check_second(struct diagnosis *diagnosis)
{
	return check(diagnosis, false);
}

int rewriting_check_back(struct diagnosis *diagnosis)
{
	return check(diagnosis, true);
}

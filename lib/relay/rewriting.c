#include "relay/rewriting.h"

#include <stdio.h>

#include "diagnosis/remedy.h"
#include "postfix/words.h"
#include "relay/mapping.h"

/* Returns the command that takes the keys out of a table that postmap made of a
 * file, or NULL. */
static const char *edit_table(struct mapping *mapping, struct bytes table)
{
	static const char *const types[] = {
		"hash:", "btree:", "lmdb:", "cdb:", "dbm:", "texthash:"
	};
	struct diagnosis *diagnosis = mapping->diagnosis;
	const char *text = "sed -i";
	struct bytes path = table;
	bool known = false;

	for (size_t i = 0; !known && i < sizeof types / sizeof *types; i++)
		known = bytes_take(&path, types[i]);
	if (!known || mapping->changed > MAPPING_NAMED_MAX)
		return NULL;
	for (size_t i = 0; text && i < mapping->changed; i++) {
		const char *pattern = "";

		for (const char *c = mapping->changes[i].key; pattern && *c;
			c++)
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
static const char *limit_classes(struct mapping *mapping)
{
	static const struct {
		const char *name;
		unsigned roles;
	} classes[] = {
		{ "envelope_sender", MAPPING_OUT_SOURCE | MAPPING_OUT_TARGET },
		{ "header_sender", MAPPING_OUT_SOURCE },
		{ "envelope_recipient", MAPPING_IN_SOURCE | MAPPING_IN_TARGET },
		{ "header_recipient", MAPPING_IN_SOURCE },
	};
	struct diagnosis *diagnosis = mapping->diagnosis;
	const char *left = postfix_value(
		diagnosis->postfix, mapping->service, mapping->classes);

	for (size_t i = 0; left && i < sizeof classes / sizeof *classes; i++)
		if (classes[i].roles & mapping->roles)
			left = remedy_without(diagnosis, left, classes[i].name);
	return left ? remedy_set(diagnosis, mapping->service, mapping->classes,
			      left)
		    : NULL;
}

static int say(struct mapping *mapping, struct bytes table)
{
	struct diagnosis *diagnosis = mapping->diagnosis;
	const struct mapping_change *first = &mapping->changes[0];
	const char *remedy = edit_table(mapping, table);
	const char *more = mapping->changed > 1
				   ? diagnosis_text(diagnosis, ", and %zu more",
					     mapping->changed - 1)
				   : "";

	if (!mapping->changed)
		return 0;
	if (!remedy && mapping->classes)
		remedy = limit_classes(mapping);
	if (!remedy)
		remedy = diagnosis_text(diagnosis,
			"take %s out of %.*s, which %s names, then `postfix "
			"reload`",
			first->key, (int)table.len, table.data,
			mapping->parameter);
	return diagnosis_say(diagnosis,
		mapping->wants_back ? DIAGNOSIS_FAIL : DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			mapping->wants_back
				? "%s leads the target %.*s of a rule back to "
				  "a source, %s%s"
				: "%s changes %.*s of our rules to %s%s",
			mapping->parameter, (int)first->subject->address.len,
			first->subject->address.data, first->result,
			more ? more : ""),
		mapping->wants_back
			? "Postfix undoes the rule: the mail goes to the old "
			  "address, and comes back to this relay or bounces"
			: "an address is rewritten twice, or before the rules "
			  "see it: mail goes to another mailbox than the rules "
			  "say, or a rule does not hold",
		remedy);
}

/* Looks at all tables of the parameter. */
static int look_at(struct mapping *mapping, unsigned roles)
{
	struct diagnosis *diagnosis = mapping->diagnosis;
	struct bytes rest = bytes_of(postfix_value(
		diagnosis->postfix, mapping->service, mapping->parameter));
	struct bytes table;
	int result = 0;

	while (result >= 0 && words_next(&rest, WORDS_OF_LIST, &table)) {
		mapping->changed = 0;
		mapping->roles = 0;
		result = mapping_ask(mapping, table, roles, false);
		if (!result && !postmap_has_patterns(table))
			result = mapping_ask(mapping, table, roles, true);
		if (result == 1)
			result = diagnosis_skip(diagnosis,
				diagnosis_text(diagnosis,
					"cannot ask %.*s, which %s names%s",
					(int)table.len, table.data,
					mapping->parameter,
					diagnosis_hint(diagnosis)));
		else if (!result)
			result = say(mapping, table);
		if (result)
			break;
	}
	return result;
}

/* Which addresses the classes of a parameter are about. */
static unsigned roles_of(const struct mapping *mapping)
{
	const char *classes = postfix_value(mapping->diagnosis->postfix,
		mapping->service, mapping->classes);
	unsigned roles = 0;

	if (postfix_list_has(classes, "envelope_recipient"))
		roles |= MAPPING_IN_SOURCE | MAPPING_IN_TARGET;
	if (postfix_list_has(classes, "header_recipient"))
		roles |= MAPPING_IN_SOURCE;
	if (postfix_list_has(classes, "envelope_sender"))
		roles |= MAPPING_OUT_SOURCE | MAPPING_OUT_TARGET;
	if (postfix_list_has(classes, "header_sender"))
		roles |= MAPPING_OUT_SOURCE;
	return roles;
}

/* Looks at masquerade_domains, which takes "host." off "user@host.domain". */
static int look_at_masquerades(struct mapping *mapping)
{
	struct diagnosis *diagnosis = mapping->diagnosis;
	const char *value = postfix_value(
		diagnosis->postfix, mapping->service, "masquerade_domains");
	unsigned roles;
	int result = 0;

	mapping->parameter = "masquerade_domains";
	mapping->classes = "masquerade_classes";
	mapping->changed = 0;
	mapping->roles = 0;
	roles = *value ? roles_of(mapping) : 0;
	for (size_t i = 0; !result && i < mapping->count; i++) {
		const struct mapping_subject *subject = &mapping->subjects[i];
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
				result = mapping_note(mapping, subject,
					subject->domain, bytes_of(text));
			break;
		}
	}
	return result ? result : say(mapping, bytes_of(value));
}

/* The cleanup that the service hands mail to, if Postfix rewrites addresses
 * there. */
static const struct postfix_service *cleanup_of(
	const struct postfix *postfix, const struct postfix_service *service)
{
	if (postfix_list_has(
		    postfix_value(postfix, service, "receive_override_options"),
		    "no_address_mappings"))
		return NULL;
	return postfix_find_service(postfix,
		bytes_of(postfix_value(
			postfix, service, "cleanup_service_name")),
		bytes_of("unix"));
}

/* True if a service of the milter that comes before the one with this number
 * hands mail to the same cleanup; if cleanup is NULL, to any. */
static bool is_before(const struct diagnosis *diagnosis, size_t end,
	const struct postfix_service *cleanup)
{
	const struct postfix_service *service;
	const struct postfix_service *own;

	for (size_t i = 0;
		(service = diagnosis_next(diagnosis, &i, NULL)) && i < end;) {
		own = cleanup_of(diagnosis->postfix, service);
		if (own && (!cleanup || own == cleanup))
			return true;
	}
	return false;
}

/* What main.cf says is looked at with the first cleanup alone. */
static int look_at_cleanup(struct mapping *mapping, bool first)
{
	static const char *const parameters[][2] = {
		{ "canonical_maps", "canonical_classes" },
		{ "recipient_canonical_maps", "recipient_canonical_classes" },
		{ "sender_canonical_maps", "sender_canonical_classes" },
		{ "virtual_alias_maps", "virtual_alias_maps" },
		{ "masquerade_domains", "masquerade_classes" },
	};
	const struct postfix *postfix = mapping->diagnosis->postfix;
	int result = 0;

	for (size_t i = 0;
		!result && i < sizeof parameters / sizeof *parameters; i++) {
		bool own = false;

		for (size_t k = 0; k < 2; k++)
			own = own ||
			      postfix_overrides(postfix, mapping->service,
				      parameters[i][k]);
		if (!first && !own)
			continue;
		mapping->parameter = parameters[i][0];
		mapping->classes = parameters[i][1];
		if (i == 4) {
			result = look_at_masquerades(mapping);
			continue;
		}
		if (i == 3)
			mapping->classes = NULL;
		result = look_at(mapping,
			mapping->classes
				? roles_of(mapping)
				: MAPPING_IN_SOURCE | MAPPING_IN_TARGET);
	}
	return result;
}

static int look_at_cleanups(struct mapping *mapping)
{
	const struct diagnosis *diagnosis = mapping->diagnosis;
	const struct postfix_service *service;
	int result = 0;

	for (size_t i = 0;
		!result && (service = diagnosis_next(diagnosis, &i, NULL));) {
		mapping->service = cleanup_of(diagnosis->postfix, service);
		if (mapping->service &&
			!is_before(diagnosis, i, mapping->service))
			result = look_at_cleanup(
				mapping, !is_before(diagnosis, i, NULL));
	}
	return result;
}

/* These tables change what leaves, and lead nothing back. */
static int look_at_generics(
	struct mapping *mapping, const char *command, const char *parameter)
{
	const struct postfix *postfix = mapping->diagnosis->postfix;
	const struct postfix_service *service;
	const char *before = "";
	int result = 0;

	mapping->parameter = parameter;
	mapping->classes = NULL;
	for (size_t i = 0; !result && (service = postfix_service(postfix, i));
		i++) {
		const char *value =
			postfix_value(postfix, service, mapping->parameter);

		if (strcmp(service->command, command) != 0 || !*value ||
			!strcmp(value, before))
			continue;
		before = value;
		mapping->service = service;
		result = look_at(
			mapping, MAPPING_IN_TARGET | MAPPING_OUT_TARGET);
	}
	return result;
}

static int check(struct diagnosis *diagnosis, bool back)
{
	struct mapping mapping = { .diagnosis = diagnosis, .wants_back = back };
	int result;

	if (!diagnosis->map)
		return 0;
	result = map_reader_open(&mapping.reader, diagnosis->map);
	if (!result)
		result = mapping_gather(&mapping, RULE_INBOUND);
	if (!result)
		result = mapping_gather(&mapping, RULE_OUTBOUND);
	if (!result)
		result = look_at_cleanups(&mapping);
	if (!result && !back)
		result =
			look_at_generics(&mapping, "smtp", "smtp_generic_maps");
	if (!result && !back)
		result =
			look_at_generics(&mapping, "lmtp", "lmtp_generic_maps");
	if (result == ERR_IO || result == ERR_BAD)
		result = diagnosis_say(diagnosis, DIAGNOSIS_SKIP,
			"the map cannot be read; readdress status says why", "",
			"");
	map_reader_close(mapping.reader);
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

#include "rules/ruletarget.h"

#include <stdio.h>

#include "base/precis.h"
#include "rules/route.h"
#include "rules/rulesource.h"

#define TARGETS_MAX 65535 /* bytes of all targets of a rule */

/* The target of a rule, spelt as the map stores it. */
struct ruletarget {
	char text[TARGETS_MAX]; /* the targets joined with ",", or the route */
	size_t len;
	enum rule_kind kind; /* the kind of the rule */
};

/* What is known of the targets of a rule after each of them. */
struct targets {
	size_t count;
	bool only;     /* there is only one target */
	bool catchall; /* a whole address as the target of a domain */
	bool itself;   /* the last target is the same as the source */
	bool star;     /* it is, and it is "@*.domain" */
};

static int append(struct ruletarget *made, const char *data, size_t len,
	struct error *error)
{
	if (len > TARGETS_MAX - made->len)
		return error_set(error, ERR_BAD,
			"the targets are longer than %d bytes together",
			TARGETS_MAX);
	memcpy(made->text + made->len, data, len);
	made->len += len;
	return 0;
}

/* Appends "@*.domain", which may only be a target if it is the source, too. */
static int add_subdomain_target(struct bytes target, struct bytes key,
	struct ruletarget *made, struct targets *seen, struct error *error)
{
	char target_key[ADDRESS_KEY_MAX];
	int result = rule_source_key(RULE_INBOUND, target, target_key, NULL);

	if (result == ERR_NOMEM)
		return error_set(error, result, "out of memory");
	seen->star =
		result > 0 &&
		bytes_equal((struct bytes){ target_key, (size_t)result }, key);
	seen->itself = seen->star;
	if (!seen->star)
		return rulesource_refuse(error, "target", target,
			"contains \"*\", which only a source may contain");
	return append(made, target_key, (size_t)result, error);
}

/* Checks that mail can be sent to the domain. Postfix accepts 1.2.3.4 as a
 * domain, and bounces the mail. */
static int check_domain(const struct mailbox *mailbox, struct error *error)
{
	char key[ADDRESS_KEY_MAX];
	int len = address_check_domain(
		mailbox->domain, mailbox->domain_len, error);
	int i;

	if (!len)
		len = address_domain_key(
			mailbox->domain, mailbox->domain_len, key);
	if (len < 0)
		return len;
	for (i = len; i && key[i - 1] != '.'; i--)
		if (key[i - 1] < '0' || key[i - 1] > '9')
			return 0;
	return error_set(error, ERR_BAD,
		"has a domain whose last label is a number, to which no mail "
		"can be sent; write an IP address in brackets, like "
		"[192.0.2.1]");
}

/* Checks a target that is the same as the source and so is never written into
 * mail. It may contain what a source may contain: underscores in the domain
 * and, in an exception, % and !. The check replaces them by a harmless
 * character, so that the length stays. */
static int check_itself(const struct mailbox *mailbox, bool exception,
	bool utf8, struct error *error)
{
	struct mailbox harmless = *mailbox;

	for (size_t i = 0; i < harmless.domain_len; i++)
		if (harmless.domain[i] == '_')
			harmless.domain[i] = 'x';
	for (size_t i = 0; exception && i < harmless.local_len; i++)
		if (harmless.local[i] == '%' || harmless.local[i] == '!')
			harmless.local[i] = 'x';
	return address_check(&harmless, utf8, error);
}

static int check_address(const struct mailbox *mailbox, bool utf8,
	struct targets *seen, struct bytes key, struct error *error)
{
	char target_key[ADDRESS_KEY_MAX];
	int result = address_key(mailbox, target_key);

	/* Without memory it is unknown whether it is the source. */
	if (result == ERR_NOMEM)
		return result;
	seen->itself =
		result > 0 &&
		bytes_equal((struct bytes){ target_key, (size_t)result }, key);
	if (seen->itself)
		return check_itself(mailbox, seen->only, utf8, error);
	result = address_check(mailbox, utf8, error);
	return result ? result : check_domain(mailbox, error);
}

/* Appends "@domain", with the domain in A-labels. */
static int add_domain_target(struct bytes target, struct bytes key,
	struct ruletarget *made, struct targets *seen, struct error *error)
{
	struct mailbox mailbox = { .local_len = 0 };
	char text[ADDRESS_TEXT_MAX];
	char target_key[ADDRESS_KEY_MAX];
	struct bytes domain = { target.data + 1, target.len - 1 };
	struct error reason;
	int result;

	if (!domain.len)
		return rulesource_refuse(
			error, "target", target, "has no domain");
	result = address_check_source_domain(domain.data, domain.len, &reason);
	if (result == ERR_BAD)
		return rulesource_refuse(error, "target", target, reason.text);
	if (result < 0 || domain.len >= sizeof mailbox.domain)
		return error_set(error, ERR_NOMEM, "out of memory");
	memcpy(mailbox.domain, domain.data, domain.len);
	mailbox.domain_len = domain.len;
	result = address_key(&mailbox, target_key);
	if (result < 0)
		return error_set(error, ERR_NOMEM, "out of memory");
	seen->itself =
		bytes_equal((struct bytes){ target_key, (size_t)result }, key);
	if (!seen->itself) {
		result = check_domain(&mailbox, &reason);
		if (result == ERR_BAD)
			return rulesource_refuse(
				error, "target", target, reason.text);
		if (result < 0)
			return error_set(error, ERR_NOMEM, "out of memory");
	}
	/* The empty local part is written as "". */
	result = address_format(&mailbox, text);
	if (result < 0)
		return error_set(error, ERR_NOMEM, "out of memory");
	if (result - 2 > ADDRESS_MAX)
		return rulesource_refuse(
			error, "target", target, "is longer than 254 bytes");
	return append(made, text + 2, (size_t)result - 2, error);
}

/* True if local is a Dot-string or one Quoted-string (RFC 5321 section 4.1.2).
 * address_parse() has already checked that it is made of words and dots. */
static bool is_local_part(struct bytes local)
{
	char last = '.';

	if (local.len && local.data[0] == '"') {
		size_t i = 1;

		while (i < local.len && local.data[i] != '"')
			i += local.data[i] == '\\' ? 2 : 1;
		return i + 1 == local.len;
	}
	for (size_t i = 0; i < local.len; i++) {
		if (local.data[i] == '"' ||
			(local.data[i] == '.' && last == '.'))
			return false;
		last = local.data[i];
	}
	return last != '.';
}

static int add_address_target(struct bytes target, struct bytes key, bool utf8,
	struct ruletarget *made, struct targets *seen, struct error *error)
{
	struct mailbox mailbox;
	char text[ADDRESS_TEXT_MAX];
	struct error reason = { .text = "is too long" };
	int len = 0;
	int result;

	if (target.data[0] == '<' || target.data[0] == '@')
		return rulesource_refuse(error, "target", target,
			"must be an address alone, without <> and without a "
			"source route");
	result = address_parse(target.data, target.len, &mailbox, &reason);
	if (result == ERR_BAD && rule_key_is_domain(key) &&
		memchr(target.data, '.', target.len) &&
		!memchr(target.data, '@', target.len))
		result = error_set(&reason, ERR_BAD,
			"has no domain; a whole domain is written as @%.*s",
			(int)target.len, target.data);
	if (!result && !is_local_part((struct bytes){ target.data,
			       target.len - mailbox.domain_len - 1 }))
		result = error_set(&reason, ERR_BAD,
			"has a local part that must be in quotes as a whole");
	if (!result)
		result = check_address(&mailbox, utf8, seen, key, &reason);
	if (!result) {
		len = address_format(&mailbox, text);
		result = len < 0 ? len : 0;
	}
	if (result == ERR_BAD)
		return rulesource_refuse(error, "target", target, reason.text);
	if (result < 0)
		return error_set(error, result, "out of memory");
	if (rule_key_is_domain(key))
		seen->catchall = true;
	return append(made, text, (size_t)len, error);
}

/* True if the target looks like several: "b@x;c@y", "b@x c@y", "b@x|c@y". */
static bool holds_several(struct bytes target)
{
	bool quoted = false;
	bool separated = false;

	for (size_t i = 0; i < target.len; i++) {
		char c = target.data[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && c == '@' && separated)
			return true;
		else if (!quoted && strchr("; |", c) && c && i)
			separated = separated || memchr(target.data, '@', i);
	}
	return false;
}

/* Checks and appends one target, which is not empty. */
static int add_target(struct bytes target, struct bytes key, bool utf8,
	struct ruletarget *made, struct targets *seen, struct error *error)
{
	int result;

	if (holds_several(target))
		return rulesource_refuse(error, "target", target,
			"contains more than one address; separate several "
			"targets by commas");
	result = rulesource_check_characters(error, "target", target);
	if (result < 0)
		return result;
	if (!rulesource_is_domain(target))
		return add_address_target(target, key, utf8, made, seen, error);
	if (!rule_key_is_domain(key))
		return rulesource_refuse(error, "target", target,
			"has no local part; the target of a user rule must be "
			"a whole address");
	if (target.len > 2 && !memcmp(target.data, "@*.", 3))
		return add_subdomain_target(target, key, made, seen, error);
	return add_domain_target(target, key, made, seen, error);
}

/* True if the target that was just appended, after a comma at before, was there
 * already. */
static bool is_repeated(const struct ruletarget *made, size_t before)
{
	struct bytes rest = { made->text, before };
	struct bytes new = { made->text + before + 1, 0 };
	struct bytes one;

	if (!before)
		return false;
	new.len = made->len - before - 1;
	while (rule_next_target(&rest, &one)) {
		if (rule_same_target(one, new))
			return true;
	}
	return false;
}

/* Refuses "example" of "b@c,example": a comma instead of a dot looks like two
 * targets. */
static int refuse_part(
	struct error *error, struct bytes target, struct bytes all)
{
	char reason[300];
	struct error shown;

	(void)rulesource_refuse(&shown, "in", all,
		"a comma separates two targets; did you mean a dot?");
	(void)snprintf(
		reason, sizeof reason, "has no domain; %.280s", shown.text);
	return rulesource_refuse(error, "target", target, reason);
}

static int add_targets(enum rule_table table, struct bytes all,
	struct bytes key, bool utf8, struct ruletarget *made,
	struct targets *seen, struct error *error)
{
	struct bytes rest = all;
	struct bytes target;
	int result = 0;

	if (all.data[all.len - 1] == ',')
		return rulesource_refuse(error, "target", all,
			"ends with a comma; remove it, or add the missing "
			"target");
	while (!result && rule_next_target(&rest, &target)) {
		size_t before = made->len;

		seen->only = !before && !rest.len;
		target = precis_trim(target);
		if (!target.len)
			return rulesource_refuse(error, "target", all,
				"has an empty target beside a comma; remove "
				"that comma");
		if (before)
			result = append(made, ",", 1, error);
		if (!result)
			result = add_target(
				target, key, utf8, made, seen, error);
		if (result == ERR_BAD && !seen->only &&
			!memchr(target.data, '@', target.len))
			return refuse_part(error, target, all);
		if (!result && is_repeated(made, before))
			made->len = before;
		else if (!result && seen->count++ && table != RULE_INBOUND)
			return rulesource_refuse(error, "target", all,
				"is more than one target, which only the "
				"inbound table allows");
	}
	if (!result && seen->star && seen->count > 1)
		return rulesource_refuse(error, "target", all,
			"contains \"*\", which only a source may contain");
	return result;
}

/* Appends the role and the next hop of a row of routes. */
static int add_route(
	struct bytes target, struct ruletarget *made, struct error *error)
{
	char text[ROUTE_MAX];
	int result = route_make(target, text, error);

	return result < 0 ? result : append(made, text, (size_t)result, error);
}

static enum rule_kind kind_of(
	enum rule_table table, struct bytes key, const struct targets *seen)
{
	if (table != RULE_ROUTES && seen->count == 1 && seen->itself)
		return RULE_EXCEPTION;
	if (!rule_key_is_domain(key))
		return RULE_USER;
	if (seen->catchall)
		return RULE_CATCHALL;
	if (key.len > 2 && key.data[1] == '*')
		return RULE_SUBDOMAIN;
	return RULE_DOMAIN;
}

/* Reads the target of the rule whose source has this key (rule_source_key()).
 * Returns 0; ERR_BAD with the wrong text and the reason; ERR_NOMEM. */
static int read_target(struct ruletarget *made, enum rule_table table,
	struct bytes key, struct bytes target, bool allow_utf8,
	struct error *error)
{
	struct targets seen = { 0 };
	int result;

	made->kind = RULE_KINDS;
	made->len = 0;
	target = precis_trim(target);
	if (!target.len)
		return error_set(error, ERR_BAD, "the target is empty");
	if (!address_utf8_valid(target.data, target.len))
		return rulesource_refuse(
			error, "target", target, "is not UTF-8");
	result = table == RULE_ROUTES ? add_route(target, made, error)
				      : add_targets(table, target, key,
						allow_utf8, made, &seen, error);
	if (!result)
		made->kind = kind_of(table, key, &seen);
	return result;
}

int rule_make(struct arena *arena, enum rule_table table, struct bytes source,
	struct bytes target, bool allow_utf8, struct rule *rule,
	struct error *error)
{
	char key[ADDRESS_KEY_MAX];
	struct ruletarget made;
	char *text;
	size_t key_len;
	int result;

	source = precis_trim(source);
	result = rulesource_check_characters(error, "source", source);
	if (result)
		return result;
	result = rule_source_key(table, source, key, error);
	if (result < 0)
		return result;
	key_len = (size_t)result;
	result = read_target(&made, table, (struct bytes){ key, key_len },
		target, allow_utf8, error);
	if (result < 0)
		return result;
	text = arena_bytes(arena, key_len + 1 + made.len);
	if (!text)
		return error_set(
			error, ERR_NOMEM, "out of memory for more rules");
	memcpy(text, key, key_len);
	text[key_len] = rule_kind_octet(made.kind);
	memcpy(text + key_len + 1, made.text, made.len);
	rule->key = (struct bytes){ text, key_len };
	rule->value = (struct bytes){ text + key_len, 1 + made.len };
	return 0;
}

/* The text is not trimmed: a character at an end has an effect in the map. */
static int check_stored_characters(enum rule_table table, struct bytes source,
	struct bytes targets, struct error *error)
{
	struct bytes target;
	int result = rulesource_check_characters(error, "source", source);

	while (!result && table != RULE_ROUTES &&
		rule_next_target(&targets, &target))
		result = rulesource_check_characters(error, "target", target);
	return result;
}

int rule_refused(
	enum rule_table table, const struct rule *rule, struct error *error)
{
	char text[ADDRESS_TEXT_MAX];
	char key[ADDRESS_KEY_MAX];
	struct bytes source = { text, rule_source_text(rule->key, text) };
	struct bytes targets = rule_value_targets(rule->value);
	struct ruletarget made;
	int result = check_stored_characters(table, source, targets, error);

	if (!result)
		result = rule_source_key(table, source, key, error);
	if (result > 0)
		result = read_target(
			&made, table, rule->key, targets, true, error);
	return result == ERR_BAD ? 1 : result;
}

#include "diagnosis/remedy.h"

#include "diagnosis/shell.h"
#include "postfix/milterkind.h"
#include "postfix/words.h"

#define NEAR_MAX 3 /* bytes of a slip of the pen */

/* The same service in the configuration as it is written. */
static const struct postfix_service *in_written(
	const struct diagnosis *diagnosis,
	const struct postfix_service *service)
{
	return service ? postfix_find_service(diagnosis->written,
				 bytes_of(service->name),
				 bytes_of(service->type))
		       : NULL;
}

const char *remedy_written(const struct diagnosis *diagnosis,
	const struct postfix_service *service, const char *name)
{
	const struct postfix_service *same = in_written(diagnosis, service);

	if (same && postfix_overrides(diagnosis->written, same, name))
		return postfix_value(diagnosis->written, same, name);
	if (service && postfix_overrides(diagnosis->postfix, service, name))
		return postfix_value(diagnosis->postfix, service, name);
	if (postfix_overrides(diagnosis->written, NULL, name))
		return postfix_value(diagnosis->written, NULL, name);
	return postfix_value(diagnosis->postfix, service, name);
}

static bool is_blank(char c)
{
	return c && strchr(WORDS_OF_LIST, c);
}

const char *remedy_squeeze(struct diagnosis *diagnosis, const char *value)
{
	char *text = arena_bytes(diagnosis->arena, strlen(value) + 1);
	char *to = text;

	if (!text)
		return NULL;
	while (*value) {
		bool blank = is_blank(*value);

		while (is_blank(*value))
			value++;
		if (blank && *value && to > text && !strchr("{=", to[-1]) &&
			*value != '}' && *value != '=')
			*to++ = ',';
		if (*value)
			*to++ = *value++;
	}
	*to = '\0';
	return text;
}

/* Returns postconf with the option and the operand, and a reload. */
static const char *call(
	struct diagnosis *diagnosis, const char *option, const char *operand)
{
	const char *word =
		operand ? shell_quote(diagnosis->arena, operand) : NULL;

	return word ? diagnosis_text(diagnosis,
			      "postconf %s %s && postfix reload", option, word)
		    : NULL;
}

const char *remedy_set_service(struct diagnosis *diagnosis,
	const struct postfix_service *service, const char *name,
	const char *value)
{
	const char *squeezed = remedy_squeeze(diagnosis, value);

	return squeezed ? call(diagnosis, "-P",
				  diagnosis_text(diagnosis, "%s/%s/%s=%s",
					  service->name, service->type, name,
					  squeezed))
			: NULL;
}

const char *remedy_set(struct diagnosis *diagnosis,
	const struct postfix_service *service, const char *name,
	const char *value)
{
	if (service && postfix_overrides(diagnosis->postfix, service, name))
		return remedy_set_service(diagnosis, service, name, value);
	return call(diagnosis, "-e",
		diagnosis_text(diagnosis, "%s = %s", name, value));
}

const char *remedy_unset(struct diagnosis *diagnosis,
	const struct postfix_service *service, const char *name)
{
	if (service && postfix_overrides(diagnosis->postfix, service, name))
		return diagnosis_text(diagnosis,
			"postconf -PX '%s/%s/%s' && postfix reload",
			service->name, service->type, name);
	return diagnosis_text(
		diagnosis, "postconf -X %s && postfix reload", name);
}

/* Returns the value with new for each old. */
static const char *replaced(struct diagnosis *diagnosis, const char *value,
	struct bytes old, const char *new)
{
	const char *text = "";
	const char *at;

	while (text && (at = memmem(value, strlen(value), old.data, old.len))) {
		text = diagnosis_text(diagnosis, "%s%.*s%s", text,
			(int)(at - value), value, new);
		value = at + old.len;
	}
	return text ? diagnosis_text(diagnosis, "%s%s", text, value) : NULL;
}

const char *remedy_replace(struct diagnosis *diagnosis,
	const struct postfix_service *service, struct bytes old,
	const char *new, const char *otherwise)
{
	const struct postfix_service *same = in_written(diagnosis, service);
	const char *name;
	const char *value;

	for (int own = same != NULL; old.len && own >= 0; own--) {
		const struct postfix_service *from = own ? same : NULL;

		for (size_t i = 0;
			(value = postfix_setting(diagnosis->written, i, &name));
			i++) {
			if (postfix_setting_service(diagnosis->written, i) !=
					from ||
				!memmem(value, strlen(value), old.data,
					old.len))
				continue;
			value = replaced(diagnosis, value, old, new);
			if (!value)
				return NULL;
			return own ? remedy_set_service(
					     diagnosis, service, name, value)
				   : remedy_set(diagnosis, NULL, name, value);
		}
	}
	return otherwise;
}

const char *remedy_without(
	struct diagnosis *diagnosis, const char *list, const char *word)
{
	struct bytes rest = bytes_of(list);
	struct bytes next;
	const char *text = "";

	while (text && words_next(&rest, WORDS_OF_LIST, &next))
		if (!bytes_equal_nocase(next, bytes_of(word)))
			text = diagnosis_text(diagnosis, "%s%s%.*s", text,
				*text ? ", " : "", (int)next.len, next.data);
	return text;
}

const char *remedy_no_milters(
	struct diagnosis *diagnosis, const struct postfix_service *service)
{
	const char *had =
		remedy_written(diagnosis, service, "receive_override_options");
	const char *value = diagnosis_text(
		diagnosis, "%s%sno_milters", had, *had ? "," : "");

	return value ? remedy_set_service(diagnosis, service,
			       "receive_override_options", value)
		     : NULL;
}

/* Returns what a word of a list of milters stands for: the milters themselves,
 * also where it is "$name". */
static struct bytes meaning_of(
	const struct diagnosis *diagnosis, struct bytes word)
{
	const char *value = "";
	char name[128];
	struct bytes rest = word;

	if (!bytes_take(&rest, "$"))
		return word;
	rest = bytes_trim(rest, "{}()");
	if (rest.len < sizeof name) {
		memcpy(name, rest.data, rest.len);
		name[rest.len] = '\0';
		value = postfix_value(diagnosis->postfix, NULL, name);
	}
	return *value ? bytes_of(value) : word;
}

static bool word_is_ours(const struct diagnosis *diagnosis, struct bytes word)
{
	struct bytes rest = meaning_of(diagnosis, word);
	struct milterlist_item item;

	while (milterlist_next(&rest, &item))
		if (diagnosis_is_ours(diagnosis, item.endpoint))
			return true;
	return false;
}

/* Returns our milter as a new word of a list: the parameter that holds it, or
 * else its endpoint, with an action that loses no mail. */
static const char *new_word(
	struct diagnosis *diagnosis, const struct postfix_service *service)
{
	const char *action = postfix_value(
		diagnosis->postfix, service, "milter_default_action");
	const char *endpoint = diagnosis_endpoint(diagnosis);

	if (word_is_ours(diagnosis, bytes_of("$readdress_milter")))
		return "$readdress_milter";
	if (!endpoint || !strcasecmp(action, "tempfail") ||
		!strcasecmp(action, "shutdown"))
		return endpoint;
	return diagnosis_text(
		diagnosis, "{ %s, default_action=tempfail }", endpoint);
}

/* True if the two differ in a few bytes at one place. */
static bool is_near(struct bytes a, struct bytes b)
{
	size_t front = 0;
	size_t back = 0;

	while (front < a.len && front < b.len && a.data[front] == b.data[front])
		front++;
	while (back < a.len - front && back < b.len - front &&
		a.data[a.len - back - 1] == b.data[b.len - back - 1])
		back++;
	return a.len - front - back <= NEAR_MAX &&
	       b.len - front - back <= NEAR_MAX;
}

/* True if the word names a socket that is to be ours, and is not. */
static bool is_misspelt(struct diagnosis *diagnosis, struct bytes word)
{
	static const char name[] = "readdress";
	const char *ours = diagnosis_endpoint(diagnosis);
	struct bytes meaning = meaning_of(diagnosis, word);
	struct bytes rest = meaning;
	struct milterlist_item item;

	if (!ours || word_is_ours(diagnosis, word))
		return false;
	if (memmem(meaning.data, meaning.len, name, strlen(name)))
		return true;
	return milterkind_of(meaning) == MILTERKIND_UNKNOWN &&
	       milterlist_next(&rest, &item) &&
	       is_near(item.endpoint, bytes_of(ours));
}

/* True if the word is neither a milter nor a reference. */
static bool is_invalid(struct bytes word)
{
	return *word.data != '{' && *word.data != '$' &&
	       !memchr(word.data, ':', word.len);
}

enum part { PART_BEFORE, PART_OURS, PART_BEHIND };

/* Returns the part of the list to which a word goes. passed: ours came. */
static enum part part_of(const struct diagnosis *diagnosis, struct bytes word,
	enum remedy_list how, bool passed)
{
	enum milterkind kind =
		how == REMEDY_ONCE ? MILTERKIND_UNKNOWN
				   : milterkind_of(meaning_of(diagnosis, word));

	if (word_is_ours(diagnosis, word))
		return PART_OURS;
	if (kind == MILTERKIND_SIGNS)
		return PART_BEHIND;
	if (kind == MILTERKIND_VERIFIES || how == REMEDY_ADD)
		return PART_BEFORE;
	return passed ? PART_BEHIND : PART_BEFORE;
}

/* Returns the words of one part, separated by commas. */
static const char *words_of(struct diagnosis *diagnosis, const char *list,
	enum part part, enum remedy_list how)
{
	struct bytes rest = bytes_of(list);
	struct bytes word;
	const char *text = "";
	bool passed = false;

	while (text && words_next(&rest, WORDS_OF_LIST, &word)) {
		enum part goes = part_of(diagnosis, word, how, passed);

		if (how == REMEDY_ADD && is_misspelt(diagnosis, word))
			continue;
		if (how == REMEDY_VALID && is_invalid(word))
			continue;
		if (goes == part && !(goes == PART_OURS && passed))
			text = diagnosis_text(diagnosis, "%s%s%.*s", text,
				*text ? ", " : "", (int)word.len, word.data);
		passed = passed || goes == PART_OURS;
	}
	return text;
}

/* Returns the command that gives the service the words of the list. */
static const char *write_milters(struct diagnosis *diagnosis,
	const struct postfix_service *service, const char *list,
	enum remedy_list how)
{
	const char *before = words_of(diagnosis, list, PART_BEFORE, how);
	const char *ours = words_of(diagnosis, list, PART_OURS, how);
	const char *behind = words_of(diagnosis, list, PART_BEHIND, how);
	const char *value;

	if (ours && !*ours && how == REMEDY_ADD)
		ours = new_word(diagnosis, service);
	if (!before || !ours || !behind)
		return NULL;
	value = diagnosis_text(diagnosis, "%s%s%s%s%s", before,
		*before && *ours ? ", " : "", ours,
		(*before || *ours) && *behind ? ", " : "", behind);
	return value ? remedy_set(diagnosis, service, "smtpd_milters", value)
		     : NULL;
}

/* Returns the list with the milters themselves in place of a parameter that
 * holds more than one. */
static const char *opened(struct diagnosis *diagnosis, const char *list)
{
	struct bytes rest = bytes_of(list);
	struct bytes word;
	const char *text = "";

	while (text && words_next(&rest, WORDS_OF_LIST, &word)) {
		struct bytes meaning = meaning_of(diagnosis, word);
		struct bytes left = meaning;
		struct milterlist_item item;

		(void)milterlist_next(&left, &item);
		if (milterlist_next(&left, &item))
			word = meaning;
		text = diagnosis_text(diagnosis, "%s%s%.*s", text,
			*text ? ", " : "", (int)word.len, word.data);
	}
	return text;
}

const char *remedy_milters(struct diagnosis *diagnosis,
	const struct postfix_service *service, enum remedy_list how)
{
	const char *written =
		remedy_written(diagnosis, service, "smtpd_milters");
	bool opens = how == REMEDY_ONCE || how == REMEDY_ORDER;
	const char *list = opens ? opened(diagnosis, written) : written;

	return list ? write_milters(diagnosis, service, list, how) : NULL;
}

const char *remedy_restart(struct diagnosis *diagnosis, const char *command)
{
	if (!command)
		return NULL;
	return diagnosis_text(diagnosis,
		"%s && systemctl restart postfix (and where no systemd runs: "
		"postfix stop; postfix start)",
		command);
}

const char *remedy_open(struct diagnosis *diagnosis)
{
	static const char add[] =
		"postconf -M 'smtp/inet=smtp inet n - y - - smtpd'";
	static const char all[] = "postconf -e 'inet_interfaces = all'";
	const struct postfix_service *service;
	const struct postfix_service *closed = NULL;

	/* A service that names its own address does not ask inet_interfaces. */
	for (size_t i = 0; (service = postfix_service(diagnosis->postfix, i));
		i++)
		if (diagnosis_is_loopback(diagnosis, service) &&
			!diagnosis_is_local(diagnosis, service) &&
			!strchr(service->name, ':'))
			closed = service;
	if (closed && postfix_overrides(
			      diagnosis->postfix, closed, "inet_interfaces"))
		return remedy_set(diagnosis, closed, "inet_interfaces", "all");
	if (closed)
		return remedy_restart(diagnosis, all);
	if (!diagnosis_is_loopback_only(diagnosis))
		return diagnosis_text(diagnosis, "%s && postfix reload", add);
	return remedy_restart(
		diagnosis, diagnosis_text(diagnosis, "%s && %s", all, add));
}

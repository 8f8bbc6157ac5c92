#include "doctor/attachment.h"

#include "diagnosis/ourmilter.h"
#include "diagnosis/remedy.h"
#include "postfix/words.h"

/* True if mail that the service takes passes the milter: there, or where a
 * filter hands it back. */
static bool is_attached(const struct diagnosis *diagnosis,
	const struct postfix_service *service)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *other;

	if (diagnosis_count_ours(diagnosis, service, NULL))
		return true;
	if (!*postfix_value(postfix, service, "smtpd_proxy_filter") &&
		!*postfix_value(postfix, service, "content_filter"))
		return false;
	for (size_t i = 0; (other = diagnosis_next(diagnosis, &i, NULL));)
		if (diagnosis_is_loopback(diagnosis, other) &&
			!diagnosis_is_local(diagnosis, other))
			return true;
	return false;
}

/* Returns the next public service without the milter, from *index on. */
static const struct postfix_service *next_without(
	const struct diagnosis *diagnosis, size_t *index)
{
	const struct postfix_service *service;

	while ((service = postfix_service(diagnosis->postfix, *index))) {
		(*index)++;
		if (diagnosis_is_public(diagnosis, service) &&
			!is_attached(diagnosis, service))
			break;
	}
	return service;
}

static bool has_no_milters(const struct diagnosis *diagnosis,
	const struct postfix_service *service)
{
	return postfix_list_has(postfix_value(diagnosis->postfix, service,
					"receive_override_options"),
		"no_milters");
}

/* Returns what the service has instead of the milter. */
static const char *reason(
	struct diagnosis *diagnosis, const struct postfix_service *service)
{
	const struct postfix *postfix = diagnosis->postfix;
	const char *milters = postfix_value(postfix, service, "smtpd_milters");
	struct bytes rest =
		bytes_of(postfix_value(postfix, NULL, "non_smtpd_milters"));
	struct milterlist_item item;

	if (has_no_milters(diagnosis, service))
		return "receive_override_options has no_milters";
	if (strstr(milters, "readdress"))
		return diagnosis_text(diagnosis,
			"smtpd_milters is %s, and the milter's socket is %s",
			milters, diagnosis_endpoint(diagnosis));
	while (milterlist_next(&rest, &item))
		if (diagnosis_is_ours(diagnosis, item.endpoint))
			return "non_smtpd_milters has it, which is for mail "
			       "that does not come by SMTP";
	return diagnosis_text(
		diagnosis, "smtpd_milters is %s", *milters ? milters : "empty");
}

/* Returns the command that puts the milter into the service. */
static const char *attach(
	struct diagnosis *diagnosis, const struct postfix_service *service)
{
	static const char name[] = "receive_override_options";
	const char *left;

	if (!has_no_milters(diagnosis, service))
		return remedy_milters(diagnosis, service, REMEDY_ADD);
	left = remedy_without(diagnosis,
		remedy_written(diagnosis, service, name), "no_milters");
	return left ? remedy_set(diagnosis, service, name, left) : NULL;
}

static bool is_endpoint(struct bytes word)
{
	return bytes_take(&word, "unix:") || bytes_take(&word, "local:") ||
	       bytes_take(&word, "inet:") || bytes_take(&word, "inet6:");
}

/* Looks for a word among the milters of a service that is none, such as what
 * follows a "#": Postfix knows comments only at the beginning of a line. */
static int check_words(struct diagnosis *diagnosis)
{
	const struct postfix_service *service;
	const char *before = "";

	for (size_t i = 0; (service = postfix_service(diagnosis->postfix, i));
		i++) {
		const char *value = postfix_value(
			diagnosis->postfix, service, "smtpd_milters");
		struct bytes rest = bytes_of(value);
		struct milterlist_item item;

		if (strcmp(service->command, "smtpd") != 0 ||
			!strcmp(before, value))
			continue;
		before = value;
		while (milterlist_next(&rest, &item)) {
			if (is_endpoint(item.endpoint))
				continue;
			return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
				diagnosis_text(diagnosis,
					"\"%.*s\" in smtpd_milters of %s/%s is "
					"no milter",
					(int)item.endpoint.len,
					item.endpoint.data, service->name,
					service->type),
				"smtpd ends when it reads that: no mail comes "
				"in (Postfix knows comments only at the "
				"beginning of a line)",
				remedy_milters(
					diagnosis, service, REMEDY_VALID));
		}
	}
	return 0;
}

int attachment_check_attached(struct diagnosis *diagnosis)
{
	const struct postfix_service *service;
	enum diagnosis_level level = DIAGNOSIS_FAIL;
	const char *before = "";
	bool any = false;
	int result = 0;

	for (size_t i = 0; (service = postfix_service(diagnosis->postfix, i));
		i++) {
		if (!diagnosis_is_public(diagnosis, service))
			continue;
		any = true;
		if (is_attached(diagnosis, service))
			level = DIAGNOSIS_WARN;
	}
	if (!any)
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			"no smtpd service is reached by outsiders",
			"mail from outside does not come in at all",
			remedy_open(diagnosis));
	result = check_words(diagnosis);
	for (size_t i = 0; !result && (service = next_without(diagnosis, &i));
		level = DIAGNOSIS_WARN) {
		const char *name = diagnosis_name(diagnosis, service);
		const char *why = reason(diagnosis, service);
		const char *remedy = attach(diagnosis, service);

		if (!name || !why || !remedy)
			return ERR_NOMEM;
		/* What the first command mends is no further finding. */
		if (*before && !strcmp(before, remedy))
			continue;
		if (level == DIAGNOSIS_FAIL)
			before = remedy;
		result = diagnosis_say(diagnosis, level,
			diagnosis_text(diagnosis,
				level == DIAGNOSIS_FAIL
					? "no smtpd service that outsiders "
					  "reach has the milter: for %s, %s"
					: "%s does not have the milter: %s",
				name, why),
			level == DIAGNOSIS_FAIL
				? "mail from outside reaches no mailbox by its "
				  "public address: nothing is rewritten"
				: "what comes in there is not rewritten: "
				  "public addresses bounce, internal ones "
				  "leave",
			remedy);
	}
	return result;
}

/* Returns the text of the milter's option that sets name, "name=value", to the
 * next comma or brace; empty if there is none. */
static struct bytes option_text(
	const struct milterlist_item *item, const char *name)
{
	struct bytes rest = item->options;
	struct bytes word;

	while (words_next(&rest, WORDS_OF_LIST, &word)) {
		struct bytes inner = word;
		const char *end = item->options.data + item->options.len;

		(void)words_open(&inner);
		if (!bytes_take(&inner, name) ||
			(inner.len && !strchr("= \t", *inner.data)))
			continue;
		if (*word.data != '{')
			for (word.len = 0; word.data + word.len < end &&
					   !strchr(",{}", word.data[word.len]);)
				word.len++;
		return bytes_trim(word, WORDS_OF_LIST);
	}
	return (struct bytes){ "", 0 };
}

/* Returns the command that gives the milter's option, or the parameter that
 * holds for all milters, another value; "" is the parameter's default. */
static const char *set_option(struct diagnosis *diagnosis,
	const struct postfix_service *service,
	const struct milterlist_item *item, const char *name, const char *value)
{
	struct bytes word = option_text(item, name);
	const char *parameter = diagnosis_text(diagnosis, "milter_%s", name);
	const char *new = diagnosis_text(diagnosis, "%s=%s", name, value);

	if (!parameter || !new)
		return NULL;
	if (!word.len)
		return remedy_set(diagnosis, service, parameter, value);
	return remedy_replace(diagnosis, service, word, new,
		diagnosis_text(diagnosis,
			"write %s into the braces of the milter, then `postfix "
			"reload`",
			new));
}

/* Looks at what the service does when the milter fails. */
static int check_action(struct diagnosis *diagnosis,
	const struct postfix_service *service,
	const struct milterlist_item *item)
{
	const char *name = diagnosis_name(diagnosis, service);
	struct bytes action = milterlist_option(item, "default_action",
		postfix_value(
			diagnosis->postfix, service, "milter_default_action"));

	if (bytes_equal_nocase(action, bytes_of("tempfail")) ||
		bytes_equal_nocase(action, bytes_of("shutdown")))
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"%s has the milter's default action \"%.*s\", "
			"expected tempfail",
			name ? name : "", (int)action.len, action.data),
		bytes_equal_nocase(action, bytes_of("reject"))
			? "all mail is bounced while the milter is down"
			: "mail passes un-rewritten while the milter is down, "
			  "and recipients are lost when it dies in the midst "
			  "of its edits",
		set_option(diagnosis, service, item, "default_action",
			"tempfail"));
}

int attachment_check_default_action(struct diagnosis *diagnosis)
{
	const struct postfix_service *service;
	struct milterlist_item item;
	int result = 0;

	for (size_t i = 0; !result && (service = diagnosis_next_any(
					       diagnosis, &i, &item));)
		result = check_action(diagnosis, service, &item);
	return result;
}

int attachment_check_protocol(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service;
	struct milterlist_item item;
	int result = 0;

	for (size_t i = 0; !result && (service = diagnosis_next_any(
					       diagnosis, &i, &item));) {
		struct bytes text;
		struct bytes rest;
		uint64_t protocol = 0;
		const char *name;

		name = diagnosis_name(diagnosis, service);
		text = milterlist_option(&item, "protocol",
			postfix_value(postfix, service, "milter_protocol"));
		if (!name)
			return ERR_NOMEM;
		rest = text;
		(void)bytes_number(&rest, 9, &protocol);
		if (protocol < OURMILTER_PROTOCOL_MIN)
			result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
				diagnosis_text(diagnosis,
					"%s speaks milter protocol %.*s, "
					"expected 6",
					name, (int)text.len, text.data),
				"the milter cannot change recipients and "
				"senders: all mail waits",
				set_option(diagnosis, service, &item,
					"protocol", "6"));
		text = milterlist_option(&item, "content_timeout",
			postfix_value(
				postfix, service, "milter_content_timeout"));
		if (!result &&
			postfix_seconds(text, 's') < OURMILTER_SECONDS_MIN)
			result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
				diagnosis_text(diagnosis,
					"%s gives the milter %.*s for a "
					"message, expected 60s at least",
					name, (int)text.len, text.data),
				"a message to thousands of recipients may "
				"wait for ever",
				set_option(diagnosis, service, &item,
					"content_timeout", "300s"));
	}
	return result;
}

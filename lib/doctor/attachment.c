#include "doctor/attachment.h"

#include <stdlib.h>

#define PROTOCOL_MIN	    6  /* that edits recipients and headers need */
#define CONTENT_SECONDS_MIN 60 /* a rewritten message of many recipients */

int attachment_check_attached(struct diagnosis *diagnosis)
{
	const struct postfix_service *service;
	const char *endpoint = diagnosis_endpoint(diagnosis);
	size_t with = 0;
	size_t without = 0;
	int result = 0;

	if (!endpoint)
		return ERR_NOMEM;
	for (size_t i = 0; (service = postfix_service(diagnosis->postfix, i));
		i++) {
		if (!diagnosis_is_public(diagnosis, service))
			continue;
		if (diagnosis_count_ours(diagnosis, service, NULL))
			with++;
		else
			without++;
	}
	if (!with)
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			without ? "no smtpd service that outsiders reach has "
				  "the milter"
				: "no smtpd service is reached by outsiders",
			"mail from outside reaches no mailbox by its public "
			"address: nothing is rewritten",
			diagnosis_text(diagnosis,
				"postconf -e 'smtpd_milters = %s' && postfix "
				"reload (what is in smtpd_milters already "
				"stays: write it behind)",
				endpoint));
	for (size_t i = 0; !result && without &&
			   (service = postfix_service(diagnosis->postfix, i));
		i++) {
		const char *name = diagnosis_name(diagnosis, service);

		if (!diagnosis_is_public(diagnosis, service) ||
			diagnosis_count_ours(diagnosis, service, NULL))
			continue;
		result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
			diagnosis_text(diagnosis, "%s has no such milter",
				name ? name : ""),
			"what comes in there is not rewritten: public "
			"addresses bounce, internal ones leave",
			diagnosis_text(diagnosis,
				"postconf -P '%s/smtpd_milters=%s' && postfix "
				"reload",
				name ? name : "", endpoint));
	}
	return result;
}

int attachment_check_twice(struct diagnosis *diagnosis)
{
	const struct postfix_service *service;
	int result = 0;

	for (size_t i = 0;
		!result && (service = diagnosis_next(diagnosis, &i, NULL));) {
		const char *name;

		if (diagnosis_count_ours(diagnosis, service, NULL) < 2)
			continue;
		name = diagnosis_name(diagnosis, service);
		result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"the milter stands more than once in "
				"smtpd_milters of %s",
				name ? name : ""),
			"each message is rewritten twice: a rule that holds "
			"for another rule's target is applied after it",
			diagnosis_text(diagnosis,
				"postconf smtpd_milters; postconf -P "
				"'%s/smtpd_milters' (then write the list "
				"again with one of them)",
				name ? name : ""));
	}
	return result;
}

int attachment_check_default_action(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service;
	struct milterlist_item item;
	int result = 0;

	for (size_t i = 0;
		!result && (service = diagnosis_next(diagnosis, &i, &item));) {
		const char *name;
		struct bytes action;

		action = milterlist_option(&item, "default_action",
			postfix_value(
				postfix, service, "milter_default_action"));
		if (bytes_equal_nocase(action, bytes_of("tempfail")) ||
			bytes_equal_nocase(action, bytes_of("shutdown")))
			continue;
		name = diagnosis_name(diagnosis, service);
		result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"%s has the milter's default action \"%.*s\", "
				"expected tempfail",
				name ? name : "", (int)action.len, action.data),
			bytes_equal_nocase(action, bytes_of("reject"))
				? "all mail is bounced while the milter is down"
				: "mail passes un-rewritten while the milter "
				  "is down, and recipients are lost when it "
				  "dies in the midst of its edits",
			item.options.len
				? "write default_action=tempfail into the "
				  "braces behind the milter, then `postfix "
				  "reload`"
				: "postconf -e 'milter_default_action = "
				  "tempfail' && postfix reload");
	}
	return result;
}

/* True if the value refers to the parameter: $name, ${name...}, $(name). */
static bool refers(const char *value, const char *name)
{
	size_t len = strlen(name);

	for (; (value = strchr(value, '$')); value++) {
		const char *at = value + 1;

		at += *at == '{' || *at == '(';
		if (!strncmp(at, name, len) && at[len] != '_' &&
			!(at[len] >= 'a' && at[len] <= 'z') &&
			!(at[len] >= '0' && at[len] <= '9'))
			return true;
	}
	return false;
}

/* Cuts the next $readdress_… off the value. Returns false when there is none.
 */
static bool next_reference(const char **value, struct bytes *name)
{
	static const char ours[] = "readdress_";

	while ((*value = strchr(*value, '$'))) {
		const char *at = *value + 1;

		at += *at == '{' || *at == '(';
		*value = at;
		if (strncmp(at, ours, strlen(ours)) != 0)
			continue;
		*name = (struct bytes){ at,
			strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789") };
		*value += name->len;
		return true;
	}
	return false;
}

static int say_undefined(struct diagnosis *diagnosis, struct bytes name)
{
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"$%.*s is used, and not defined in this instance",
			(int)name.len, name.data),
		"Postfix takes it for empty without a word: mail passes "
		"un-rewritten, or is refused",
		diagnosis_text(diagnosis,
			"postconf -e '%.*s = VALUE' && postfix reload (VALUE: "
			"see the main.cf of your scenario)",
			(int)name.len, name.data));
}

int attachment_check_references(struct diagnosis *diagnosis)
{
	const struct postfix *written = diagnosis->written;
	const char *name;
	const char *value;
	int result = 0;

	for (size_t i = 0;
		!result && (value = postfix_setting(written, i, NULL)); i++) {
		struct bytes reference;

		while (!result && value && next_reference(&value, &reference)) {
			const char *text = diagnosis_text(diagnosis, "%.*s",
				(int)reference.len, reference.data);

			if (!text)
				return ERR_NOMEM;
			if (!postfix_overrides(written, NULL, text))
				result = say_undefined(diagnosis, reference);
		}
	}
	for (size_t i = 0; !result && postfix_setting(written, i, &name); i++) {
		bool used = false;

		if (strncmp(name, "readdress_", 10) != 0 ||
			strstr(name, "_destination_"))
			continue;
		for (size_t k = 0;
			!used && (value = postfix_setting(written, k, NULL));
			k++)
			used = refers(value, name);
		if (!used)
			result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
				diagnosis_text(diagnosis,
					"%s is defined, and nothing refers to "
					"it",
					name),
				"what it is for is not done: somebody took "
				"the reference out, or has not put it in yet",
				diagnosis_text(diagnosis,
					"postconf -X %s (or refer to it by $%s "
					"where it belongs)",
					name, name));
	}
	return result;
}

/* "30s", "5m", "300": Postfix's time, in seconds. */
static unsigned long seconds_of(struct bytes text)
{
	uint64_t number;
	char unit;

	if (!bytes_number(&text, 18, &number))
		return 0;
	unit = text.len ? *text.data : 's';
	if (unit == 'm')
		number *= 60;
	else if (unit == 'h')
		number *= 3600;
	else if (unit == 'd')
		number *= 86400;
	else if (unit == 'w')
		number *= 604800;
	return (unsigned long)number;
}

int attachment_check_protocol(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service;
	struct milterlist_item item;
	int result = 0;

	for (size_t i = 0;
		!result && (service = diagnosis_next(diagnosis, &i, &item));) {
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
		if (protocol < PROTOCOL_MIN)
			result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
				diagnosis_text(diagnosis,
					"%s speaks milter protocol %.*s, "
					"expected 6",
					name, (int)text.len, text.data),
				"the milter cannot change recipients and "
				"senders: all mail waits",
				"postconf -X milter_protocol && postfix "
				"reload");
		text = milterlist_option(&item, "content_timeout",
			postfix_value(
				postfix, service, "milter_content_timeout"));
		if (!result && seconds_of(text) < CONTENT_SECONDS_MIN)
			result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
				diagnosis_text(diagnosis,
					"%s gives the milter %.*s for a "
					"message, expected 60s at least",
					name, (int)text.len, text.data),
				"a message to thousands of recipients may "
				"wait for ever",
				"postconf -X milter_content_timeout && postfix "
				"reload");
	}
	return result;
}

int attachment_check_reinject(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service;
	const char *filter = postfix_value(postfix, NULL, "content_filter");
	int result = 0;

	for (size_t i = 0;
		!result && (service = diagnosis_next(diagnosis, &i, NULL));) {
		const char *name = diagnosis_name(diagnosis, service);

		if (!name)
			return ERR_NOMEM;
		if (*postfix_value(postfix, service, "smtpd_proxy_filter"))
			result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
				diagnosis_text(diagnosis,
					"%s has smtpd_proxy_filter and the "
					"milter",
					name),
				"milters of such a service never see the end "
				"of a message: nothing is rewritten",
				diagnosis_text(diagnosis,
					"take the milter off %s, and put it "
					"on the service that the filter hands "
					"mail to",
					name));
		if (!result && *filter &&
			diagnosis_is_loopback(diagnosis, service) &&
			strcmp(postfix_value(postfix, service,
				       "milter_macro_daemon_name"),
				CONFIG_LOCAL) != 0)
			result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
				diagnosis_text(diagnosis,
					"%s takes mail back from the content "
					"filter, and has the milter",
					name),
				"rewritten mail is looked up a second time, "
				"as inbound mail: a rule may hold for another "
				"rule's target, and internal addresses of "
				"colleagues are shown to outsiders",
				diagnosis_text(diagnosis,
					"postconf -P '%s/"
					"receive_override_options=no_milters' "
					"&& postfix reload (what is there "
					"stays, with a comma behind)",
					name));
	}
	return result;
}

int attachment_check_maps(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service;
	int result = 0;

	for (size_t i = 0;
		!result && (service = diagnosis_next(diagnosis, &i, NULL));) {
		const char *name = diagnosis_name(diagnosis, service);
		const char *maps =
			postfix_value(postfix, service, "smtpd_milter_maps");

		if (!name)
			return ERR_NOMEM;
		if (!*maps)
			continue;
		result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
			diagnosis_text(diagnosis,
				"%s has smtpd_milter_maps = %s", name, maps),
			"what it finds for a client takes the place of "
			"smtpd_milters: that client's mail is not rewritten "
			"unless the answer names the milter",
			"look whether each answer of the table names the "
			"milter");
	}
	return result;
}

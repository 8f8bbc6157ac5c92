#include "relay/openrelay.h"

#include "base/network.h"
#include "diagnosis/remedy.h"
#include "postfix/restrictions.h"
#include "postfix/words.h"

static const char everybody[] =
	"everybody may send through this relay to anybody: it will be on every "
	"block list";
static const char some[] =
	"strangers may send through this relay to others: it may come on block "
	"lists";

/* Returns the command that takes a word out of mynetworks. */
static const char *take_out(struct diagnosis *diagnosis,
	const struct postfix_service *service, struct bytes word)
{
	const char *had = remedy_written(diagnosis, service, "mynetworks");
	const char *text =
		diagnosis_text(diagnosis, "%.*s", (int)word.len, word.data);
	const char *left = text ? remedy_without(diagnosis, had, text) : NULL;

	if (left && (!*left || !strcmp(left, had)))
		left = "127.0.0.0/8, [::1]/128";
	return left ? remedy_set(diagnosis, service, "mynetworks", left) : NULL;
}

/* Looks at one word of mynetworks. */
static int check_network(struct diagnosis *diagnosis,
	const struct postfix_service *service, struct bytes word)
{
	const char *name = diagnosis_name(diagnosis, service);
	const char *text =
		diagnosis_text(diagnosis, "%.*s", (int)word.len, word.data);
	bool chosen =
		*remedy_written(diagnosis, service, "mynetworks") &&
		(postfix_overrides(diagnosis->written, NULL, "mynetworks") ||
			postfix_overrides(
				diagnosis->postfix, service, "mynetworks"));
	struct network network;
	unsigned bits;
	unsigned prefix;

	if (!name || !text)
		return ERR_NOMEM;
	if (network_parse(text, &network, NULL) || network_is_private(&network))
		return 0;
	bits = network_is_v4(&network) ? 32 : 128;
	prefix = network.prefix - (128 - bits);
	if (prefix < bits / 4)
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis, "%s has %s in mynetworks",
				name, text),
			everybody, take_out(diagnosis, service, word));
	/* Who is outbound by a service of its own is required-headers' affair.
	 */
	if (config_list_has(&diagnosis->config->outbound_daemons,
		    bytes_of(diagnosis_daemon(diagnosis, service))))
		return 0;
	if (prefix < (bits == 32 ? 24 : 48))
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"%s has the public network %s in mynetworks",
				name, text),
			some, take_out(diagnosis, service, word));
	if (!chosen && prefix < bits)
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"mynetworks is not set, and by "
				"mynetworks_style = %s it has the public "
				"network %s",
				postfix_value(diagnosis->postfix, service,
					"mynetworks_style"),
				text),
			some,
			remedy_set(diagnosis, service, "mynetworks",
				"127.0.0.0/8, [::1]/128"));
	return 0;
}

/* Addresses from far apart: a table that has all of them has everybody. */
static const char *const strangers[] = { "8.8.8.8", "45.33.32.156", "141.1.1.1",
	"203.0.113.77" };

/* True if a table makes everybody one of mynetworks. */
static bool has_everybody(struct diagnosis *diagnosis, const char *networks)
{
	for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
		if (diagnosis_has_address(diagnosis, networks, strangers[i]) !=
			DOMAINLIST_YES)
			return false;
	return true;
}

static int check_networks(
	struct diagnosis *diagnosis, const struct postfix_service *service)
{
	const char *value =
		postfix_value(diagnosis->postfix, service, "mynetworks");
	struct bytes rest = bytes_of(postmap_list(diagnosis->postmap, value));
	struct bytes word;
	size_t said = diagnosis->said;
	int result = 0;

	while (!result && words_next(&rest, WORDS_OF_LIST, &word))
		result = check_network(diagnosis, service, word);
	if (!result && diagnosis->said == said &&
		has_everybody(diagnosis, value))
		result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"%s/%s has everybody in mynetworks: %s",
				service->name, service->type, value),
			everybody,
			remedy_set(diagnosis, service, "mynetworks",
				"127.0.0.0/8, [::1]/128"));
	return result;
}

/* Asks a table for strangers, by what the restriction looks up. */
static const char *ask_for_strangers(
	void *context, struct bytes restriction, struct bytes table)
{
	static const char *const hosts[] = { "mx.qzvx.example",
		"a.jkwp.invalid", "x.test", "host7" };
	static const char *const users[] = { "u@qzvx.example",
		"x7@jkwp.invalid", "y@x.test", "q@mx.host7.example" };
	static const struct {
		const char *restriction;
		const char *const *keys;
	} asked[] = { { "check_client_access", strangers },
		{ "check_helo_access", hosts },
		{ "check_sender_access", users },
		{ "check_recipient_access", users } };
	struct diagnosis *diagnosis = context;
	const char *first = NULL;

	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		if (!bytes_equal_nocase(
			    restriction, bytes_of(asked[i].restriction)))
			continue;
		for (size_t k = 0; k < 4; k++) {
			const char *value;

			if (postmap_find(diagnosis->postmap, table,
				    bytes_of(asked[i].keys[k]), &value) != 1 ||
				(first && strcmp(first, value) != 0))
				return NULL;
			first = value;
		}
	}
	return first;
}

static int check_restrictions(
	struct diagnosis *diagnosis, const struct postfix_service *service)
{
	const char *name = diagnosis_name(diagnosis, service);
	static const char list[] = "smtpd_relay_restrictions";
	const char *left;

	if (!name)
		return ERR_NOMEM;
	switch (restrictions_judge(
		diagnosis->postfix, service, ask_for_strangers, diagnosis)) {
	case RESTRICTIONS_STOPS:
		return 0;
	case RESTRICTIONS_BACKUP:
		left = remedy_without(diagnosis,
			remedy_written(diagnosis, service, list),
			"permit_mx_backup");
		return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
			diagnosis_text(diagnosis,
				"%s has permit_mx_backup, and "
				"permit_mx_backup_networks is empty",
				name),
			some,
			left ? remedy_set(diagnosis, service, list, left)
			     : NULL);
	case RESTRICTIONS_GOES_ON:
	case RESTRICTIONS_LETS:
		break;
	}
	return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
		diagnosis_text(diagnosis,
			"%s refuses no stranger in smtpd_relay_restrictions",
			name),
		everybody,
		remedy_set(diagnosis, service, list,
			"permit_mynetworks, permit_sasl_authenticated, "
			"reject_unauth_destination"));
}

int openrelay_check(struct diagnosis *diagnosis)
{
	const struct postfix_service *service;
	const char *before = "";
	int result = 0;

	for (size_t i = 0;
		!result && (service = postfix_service(diagnosis->postfix, i));
		i++) {
		const char *networks = postfix_value(
			diagnosis->postfix, service, "mynetworks");

		if (!diagnosis_is_public(diagnosis, service))
			continue;
		/* What main.cf says is told once. */
		if (strcmp(before, networks) != 0)
			result = check_networks(diagnosis, service);
		before = networks;
		if (!result)
			result = check_restrictions(diagnosis, service);
	}
	return result;
}

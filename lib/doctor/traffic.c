#include "doctor/traffic.h"

#include "diagnosis/remedy.h"
#include "doctor/chain.h"
#include "postfix/restrictions.h"

static bool has_rules(const struct diagnosis *diagnosis, enum rule_table table)
{
	return diagnosis->map && map_rows(diagnosis->map, table) > 0;
}

/* Returns the smtpd on loopback with the daemon name LOCAL; with: that has the
 * milter. NULL if there is none. */
static const struct postfix_service *local_service(
	const struct diagnosis *diagnosis, bool with)
{
	const struct postfix_service *service;

	for (size_t i = 0; (service = postfix_service(diagnosis->postfix, i));
		i++)
		if (diagnosis_is_loopback(diagnosis, service) &&
			diagnosis_is_local(diagnosis, service) &&
			(!with ||
				diagnosis_count_ours(diagnosis, service, NULL)))
			return service;
	return NULL;
}

/* Returns the command that leads the mail of pickup through the milter. */
static const char *lead_pickup(
	struct diagnosis *diagnosis, const struct postfix_service *pickup)
{
	static const char transport[] = "readdress-local";
	const struct postfix_service *local = local_service(diagnosis, false);
	const char *had =
		remedy_written(diagnosis, pickup, "receive_override_options");
	const char *options;

	if (local && !diagnosis_count_ours(diagnosis, local, NULL))
		return remedy_milters(diagnosis, local, REMEDY_ADD);
	if (!local || !postfix_find_service(diagnosis->postfix,
			      bytes_of(transport), bytes_of("unix")))
		return "readdress postfix --apply";
	if (!postfix_list_has(had, "no_milters"))
		had = diagnosis_text(
			diagnosis, "%s%sno_milters", had, *had ? "," : "");
	options = had ? remedy_squeeze(diagnosis, had) : NULL;
	return options ? diagnosis_text(diagnosis,
				 "postconf -P '%s/%s/content_filter=%s:%s' "
				 "'%s/%s/receive_override_options=%s' && "
				 "postfix reload",
				 pickup->name, pickup->type, transport,
				 local->name, pickup->name, pickup->type,
				 options)
		       : NULL;
}

/* Returns why the mail of pickup meets no milter; NULL if it meets it, as far
 * as that can be seen. */
static const char *look_at_pickup(
	struct diagnosis *diagnosis, const struct postfix_service *pickup)
{
	static const char name[] = "content_filter";
	const struct postfix *postfix = diagnosis->postfix;
	const char *filter = postfix_value(postfix, pickup, name);
	struct bytes rest = bytes_of(filter);
	struct bytes transport = bytes_cut(&rest, ':');
	const struct postfix_service *to =
		chain_service_at(diagnosis, chain_hop(filter));

	if (!*filter)
		return "mail of sendmail(1) and cron passes no smtpd that has "
		       "the milter";
	if (!local_service(diagnosis, true))
		return "pickup hands mail to a content_filter, and no smtpd on "
		       "loopback has the daemon name LOCAL and the milter";
	if (!postfix_find_service(postfix, transport, bytes_of("unix")))
		return diagnosis_text(diagnosis,
			"pickup hands mail to the transport %.*s, which "
			"master.cf does not have",
			(int)transport.len, transport.data);
	/* Another filter may hand mail to the service, but not the one that all
	 * other mail passes, too. */
	if (to ? !diagnosis_is_local(diagnosis, to)
	       : !postfix_overrides(postfix, pickup, name))
		return diagnosis_text(diagnosis,
			"pickup hands mail to %s, and not to the smtpd on "
			"loopback that has the daemon name LOCAL",
			filter);
	return NULL;
}

int traffic_check_sendmail(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service;
	int result = 0;

	for (size_t i = 0; !result && (service = postfix_service(postfix, i));
		i++) {
		const char *found;

		if (strcmp(service->command, "pickup") != 0)
			continue;
		found = look_at_pickup(diagnosis, service);
		if (found)
			result = diagnosis_say(diagnosis, DIAGNOSIS_WARN, found,
				"programs of this host that write to a public "
				"address reach the wrong mailbox, or none",
				lead_pickup(diagnosis, service));
	}
	return result;
}

/* Returns the cleanup service that has the milter in non_smtpd_milters. */
static const struct postfix_service *bounce_cleanup(
	const struct diagnosis *diagnosis)
{
	const struct postfix_service *service;

	for (size_t i = 0; (service = postfix_service(diagnosis->postfix, i));
		i++)
		if (diagnosis_has_other(diagnosis, service, NULL))
			return service;
	return NULL;
}

/* Returns the command that leads bounces of the service through the milter. */
static const char *lead_bounces(
	struct diagnosis *diagnosis, const struct postfix_service *bounce)
{
	const struct postfix_service *cleanup = bounce_cleanup(diagnosis);
	const struct postfix_service *usual = postfix_find_service(
		diagnosis->postfix, bytes_of("cleanup"), bytes_of("unix"));
	const char *added = "";

	if (!cleanup)
		added = diagnosis_text(diagnosis,
			"postconf -M 'readdress-bounce/unix=readdress-bounce "
			"unix n - %s - 0 cleanup -o "
			"milter_macro_daemon_name=%s -o non_smtpd_milters=%s "
			"-o header_checks= -o mime_header_checks= -o "
			"nested_header_checks= -o body_checks=' && ",
			usual && !usual->chroot ? "n" : "y", CONFIG_LOCAL,
			diagnosis_endpoint(diagnosis));
	return added ? diagnosis_text(diagnosis,
			       "%spostconf -P '%s/%s/cleanup_service_name=%s' "
			       "'%s/%s/internal_mail_filter_classes=bounce' && "
			       "postfix reload",
			       added, bounce->name, bounce->type,
			       cleanup ? cleanup->name : "readdress-bounce",
			       bounce->name, bounce->type)
		     : NULL;
}

int traffic_check_bounces(struct diagnosis *diagnosis)
{
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *service;
	int result = 0;

	if (!has_rules(diagnosis, RULE_OUTBOUND))
		return 0;
	for (size_t i = 0; !result && (service = postfix_service(postfix, i));
		i++) {
		const char *name =
			postfix_value(postfix, service, "cleanup_service_name");
		const struct postfix_service *cleanup = postfix_find_service(
			postfix, bytes_of(name), bytes_of("unix"));
		bool classes = postfix_list_has(
			postfix_value(postfix, service,
				"internal_mail_filter_classes"),
			"bounce");

		if (strcmp(service->command, "bounce") != 0 ||
			(classes && cleanup &&
				diagnosis_has_other(diagnosis, cleanup, NULL)))
			continue;
		result = diagnosis_say(diagnosis, DIAGNOSIS_WARN,
			classes ? diagnosis_text(diagnosis,
					  "%s/%s hands bounces to %s/unix, "
					  "which does not have the milter in "
					  "non_smtpd_milters",
					  service->name, service->type, name)
				: diagnosis_text(diagnosis,
					  "%s/%s has no \"bounce\" in "
					  "internal_mail_filter_classes",
					  service->name, service->type),
			"bounces of this Postfix show internal addresses to "
			"outsiders",
			lead_bounces(diagnosis, service));
	}
	return result;
}

/* True if the network holds an address of loopback from which this host itself
 * sends. Debian gives its own name the last one. */
static bool has_loopback(const struct network *network)
{
	static const char *const own[] = { "127.0.0.1", "::1", "127.0.1.1" };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (network_contains(network, 1, own[i]))
			return true;
	return false;
}

int traffic_check_networks(struct diagnosis *diagnosis)
{
	const struct config *config = diagnosis->config;
	int result = 0;

	for (size_t i = 0; !result && i < config->outbound_networks_count;
		i++) {
		const struct network *network = &config->outbound_networks[i];
		bool v4 = network_is_v4(network);
		unsigned prefix = v4 ? network->prefix - 96 : network->prefix;
		bool far = prefix < (v4 ? 8 : 32);

		if (has_loopback(network))
			result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
				"outbound_networks holds loopback",
				"what a content filter hands back for "
				"strangers, and what any program of this host "
				"sends, leaves with your public names",
				"take loopback out of outbound_networks in "
				"readdress.conf, then `readdress reload`");
		else if (far || prefix < (v4 ? 24 : 64))
			result = diagnosis_say(diagnosis,
				far ? DIAGNOSIS_FAIL : DIAGNOSIS_WARN,
				diagnosis_text(diagnosis,
					"outbound_networks holds a network as "
					"wide as /%u",
					prefix),
				"whoever has an address in it sends with your "
				"public names",
				"list your own hosts alone in "
				"outbound_networks in readdress.conf, then "
				"`readdress reload`");
	}
	return result;
}

/* True if one insertion, deletion, change or swap of neighbours makes a of b,
 * whatever the ASCII case. */
static bool is_near(const char *a, const char *b)
{
	size_t a_len = strlen(a);
	size_t b_len = strlen(b);
	size_t front = 0;
	size_t back = 0;

	while (front < a_len && front < b_len &&
		!strncasecmp(a + front, b + front, 1))
		front++;
	while (back < a_len - front && back < b_len - front &&
		!strncasecmp(a + a_len - back - 1, b + b_len - back - 1, 1))
		back++;
	a_len -= front + back;
	b_len -= front + back;
	if (a_len == 2 && b_len == 2)
		return !strncasecmp(a + front, b + front + 1, 1) &&
		       !strncasecmp(a + front + 1, b + front, 1);
	return a_len <= 1 && b_len <= 1;
}

/* The name of ours that is one slip away from the daemon name. */
static const char *near_name(const struct config *config, const char *daemon)
{
	const struct config_list *lists[2] = { &config->outbound_daemons,
		&config->inbound_daemons };

	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < lists[i]->count; k++)
			if (is_near(lists[i]->items[k], daemon))
				return lists[i]->items[k];
	return is_near(CONFIG_LOCAL, daemon) ? CONFIG_LOCAL : NULL;
}

static bool is_listed(const struct config *config, const char *daemon)
{
	return config_list_has(&config->outbound_daemons, bytes_of(daemon)) ||
	       config_list_has(&config->inbound_daemons, bytes_of(daemon)) ||
	       !strcmp(daemon, CONFIG_LOCAL);
}

/* True if an smtpd has that daemon name. That it lacks the milter, too, is
 * named by milter-attached. */
static bool has_daemon(const struct diagnosis *diagnosis, const char *daemon)
{
	const struct postfix_service *service;

	for (size_t i = 0; (service = postfix_service(diagnosis->postfix, i));
		i++)
		if (!strcmp(service->command, "smtpd") &&
			!strcmp(diagnosis_daemon(diagnosis, service), daemon))
			return true;
	return false;
}

/* Returns the command that puts a name of ours in the place of one that is
 * near. One of main.cf is everybody's: it must not become that of strangers. */
static const char *rename_daemon(struct diagnosis *diagnosis,
	const struct postfix_service *service, const char *near)
{
	static const char name[] = "milter_macro_daemon_name";
	const struct postfix *postfix = diagnosis->postfix;
	const struct postfix_service *other;

	if (postfix_overrides(postfix, service, name))
		return remedy_set(diagnosis, service, name, near);
	for (size_t i = 0; (other = diagnosis_next(diagnosis, &i, NULL));)
		if (!postfix_overrides(postfix, other, name) &&
			restrictions_close(postfix, other))
			return diagnosis_text(diagnosis,
				"postconf -P '%s/%s/%s=%s' && postconf -X %s "
				"&& postfix reload",
				other->name, other->type, name, near, name);
	return diagnosis_text(diagnosis,
		"postconf -X %s && postfix reload (then give the name %s to "
		"the service for your own mail systems alone)",
		name, near);
}

static int check_service_name(
	struct diagnosis *diagnosis, const struct postfix_service *service)
{
	const struct config *config = diagnosis->config;
	const char *daemon = diagnosis_daemon(diagnosis, service);
	const char *name = diagnosis_name(diagnosis, service);
	const char *near = near_name(config, daemon);

	if (!name)
		return ERR_NOMEM;
	if (is_listed(config, daemon))
		return 0;
	if (near)
		return diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"%s has the daemon name %s, which is no name "
				"of readdress.conf; %s is",
				name, daemon, near),
			"its mail is taken as inbound: it leaves with "
			"internal addresses",
			rename_daemon(diagnosis, service, near));
	/* Nobody logs in at a cleanup, and no client comes there. */
	if (!strcmp(service->command, "cleanup"))
		return 0;
	if (config->outbound_authenticated &&
		postfix_is_yes(postfix_value(
			diagnosis->postfix, service, "smtpd_sasl_auth_enable")))
		return 0;
	return diagnosis_say(diagnosis, DIAGNOSIS_WARN,
		diagnosis_text(diagnosis,
			"%s has the daemon name %s, which no list of "
			"readdress.conf has",
			name, daemon),
		"its mail is taken as inbound, unless outbound_networks has "
		"the client",
		diagnosis_text(diagnosis,
			"put \"%s\" into outbound_daemons or inbound_daemons "
			"in readdress.conf, then `readdress reload`",
			daemon));
}

static int check_list(
	struct diagnosis *diagnosis, const struct config_list *list)
{
	int result = 0;

	for (size_t i = 0; !result && i < list->count; i++) {
		if (has_daemon(diagnosis, list->items[i]))
			continue;
		result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			diagnosis_text(diagnosis,
				"readdress.conf lists the daemon name %s, "
				"which no smtpd has",
				list->items[i]),
			"the mail that was to come by it is taken for other "
			"mail, and gets the wrong addresses",
			diagnosis_text(diagnosis,
				"postconf -P 'SERVICE/inet/"
				"milter_macro_daemon_name=%s' && postfix "
				"reload (or take the name out of "
				"readdress.conf)",
				list->items[i]));
	}
	return result;
}

/* By default one name is listed, and no service need have it. */
static bool is_default(const struct config_list *list)
{
	return list->count == 1 && !strcmp(list->items[0], "OUTBOUND");
}

int traffic_check_daemon_name(struct diagnosis *diagnosis)
{
	static const char name[] = "milter_macro_daemon_name";
	const struct postfix *postfix = diagnosis->postfix;
	const struct config *config = diagnosis->config;
	const struct postfix_service *service;
	bool in_main = postfix_overrides(diagnosis->written, NULL, name);
	int result = 0;

	/* One finding for the name of main.cf. */
	for (size_t i = 0; !result && (service = diagnosis_next_any(
					       diagnosis, &i, NULL));) {
		bool own = postfix_overrides(postfix, service, name);

		if (own || in_main)
			result = check_service_name(diagnosis, service);
		in_main = in_main && own;
	}
	if (!result && !is_default(&config->outbound_daemons))
		result = check_list(diagnosis, &config->outbound_daemons);
	if (!result)
		result = check_list(diagnosis, &config->inbound_daemons);
	return result;
}

/* True if a client can log in at an smtpd. */
static bool somebody_logs_in(const struct diagnosis *diagnosis)
{
	const struct postfix_service *service;

	for (size_t i = 0; (service = postfix_service(diagnosis->postfix, i));
		i++)
		if (!strcmp(service->command, "smtpd") &&
			postfix_is_yes(postfix_value(diagnosis->postfix,
				service, "smtpd_sasl_auth_enable")))
			return true;
	return false;
}

int traffic_check_direction(struct diagnosis *diagnosis)
{
	const struct config *config = diagnosis->config;
	bool somebody =
		config->outbound_networks_count > 0 ||
		(config->outbound_authenticated && somebody_logs_in(diagnosis));
	int result = 0;

	for (size_t i = 0; i < config->outbound_daemons.count; i++)
		somebody =
			somebody || has_daemon(diagnosis,
					    config->outbound_daemons.items[i]);
	if (!somebody && has_rules(diagnosis, RULE_OUTBOUND))
		result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
			"there are outbound rules, and nobody is outbound: no "
			"smtpd has a daemon name of outbound_daemons, no "
			"client logs in, outbound_networks is empty",
			"all mail of your own leaves with internal addresses",
			config->outbound_daemons.count
				? "readdress postfix --apply (it makes a "
				  "service for your mail systems, and says how "
				  "to name them)"
				: "name your mail systems in outbound_networks "
				  "of readdress.conf, then `readdress reload`");
	for (size_t i = 0; !result && i < config->inbound_daemons.count; i++) {
		const char *name = config->inbound_daemons.items[i];

		if (config_list_has(&config->outbound_daemons, bytes_of(name)))
			result = diagnosis_say(diagnosis, DIAGNOSIS_FAIL,
				diagnosis_text(diagnosis,
					"%s is in inbound_daemons and in "
					"outbound_daemons",
					name),
				"its mail is taken as outbound alone",
				"take it out of one of the lists in "
				"readdress.conf, then `readdress reload`");
	}
	return result;
}

#include "setup/services.h"

#include <stdio.h>
#include <stdlib.h>

#include "diagnosis/ourmilter.h"
#include "doctor/chain.h"
#include "postfix/milterkind.h"

#define PROBE_PORT    10098 /* of the service by which probe asks */
#define OUTBOUND_PORT 2526
#define PORTS	      100 /* that are tried */

static struct diagnosis diagnosis_of(const struct plan *plan)
{
	return (struct diagnosis){ .postfix = plan->expanded,
		.written = plan->written,
		.config = plan->config,
		.map = plan->map,
		.arena = plan->arena };
}

size_t services_count_ours(
	const struct plan *plan, const struct postfix_service *service)
{
	const struct diagnosis diagnosis = diagnosis_of(plan);
	struct bytes rest = bytes_of(
		postfix_value(plan->expanded, service, "smtpd_milters"));
	struct milterlist_item item;
	size_t count = 0;

	while (milterlist_next(&rest, &item))
		count += diagnosis_is_ours(&diagnosis, item.endpoint);
	return count;
}

/* True if the endpoint, as it is written, is that of our milter. */
static bool is_ours(struct plan *plan, struct bytes endpoint)
{
	const struct diagnosis diagnosis = diagnosis_of(plan);
	static const char *const names[] = { "$queue_directory",
		"${queue_directory}", "$(queue_directory)" };
	const char *queue =
		postfix_value(plan->expanded, NULL, "queue_directory");

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct bytes path = endpoint;

		if ((!bytes_take(&path, "unix:") &&
			    !bytes_take(&path, "local:")) ||
			!bytes_take(&path, names[i]))
			continue;
		endpoint = bytes_of(plan_text(
			plan, "unix:%s%.*s", queue, (int)path.len, path.data));
	}
	return diagnosis_is_ours(&diagnosis, endpoint);
}

/* True if the word of a list is a reference to our milter. */
static bool is_reference(struct bytes word)
{
	return bytes_equal(word, bytes_of("$" SERVICES_MILTER)) ||
	       bytes_equal(word, bytes_of("${" SERVICES_MILTER "}"));
}

/* Takes the next item of a list of milters, also as it is written there. *rest
 * is the end of the list. */
static bool next_item(const char *list, struct bytes *rest,
	struct milterlist_item *item, struct bytes *written)
{
	const char *from = list + strlen(list) - rest->len;

	if (!milterlist_next(rest, item))
		return false;
	*written = bytes_trim(
		(struct bytes){ from, strlen(from) - rest->len }, ", \t\r\n");
	return true;
}

const char *services_without_ours(struct plan *plan, const char *list)
{
	struct bytes rest = bytes_of(list);
	struct milterlist_item item;
	struct bytes word;
	const char *left = "";

	while (next_item(list, &rest, &item, &word))
		if (!is_ours(plan, item.endpoint) && !is_reference(word))
			left = plan_text(plan, "%s%s%.*s", left,
				*left ? ", " : "", (int)word.len, word.data);
	return left;
}

/* Returns where our milter belongs in a list as it is written: before the first
 * one that signs. */
static size_t place_in(const char *list)
{
	struct bytes rest = bytes_of(list);
	struct milterlist_item item;
	struct bytes word;

	while (next_item(list, &rest, &item, &word))
		if (milterkind_of(word) == MILTERKIND_SIGNS)
			return (size_t)(word.data - list);
	return SIZE_MAX;
}

/* True if our milter stands in the list in a way that does harm. */
static bool has_fault(
	const struct plan *plan, const struct postfix_service *service)
{
	struct diagnosis diagnosis = diagnosis_of(plan);
	struct milterlist_item item;

	return diagnosis_count_ours(&diagnosis, service, &item) &&
	       ourmilter_does_harm(&diagnosis, service, &item);
}

void services_define_milter(struct plan *plan)
{
	struct diagnosis diagnosis = diagnosis_of(plan);

	plan_define(plan, SERVICES_MILTER,
		plan_text(plan, "{ %s, default_action=tempfail }",
			plan_keep(plan, diagnosis_endpoint(&diagnosis))));
}

/* True if another program sees the mail of the service before Postfix does:
 * there, a milter never sees the end of a message. */
static bool is_proxied(
	const struct plan *plan, const struct postfix_service *service)
{
	return !strcmp(service->command, "smtpd") &&
	       *postfix_value(plan->expanded, service, "smtpd_proxy_filter");
}

/* Has the service keep its other milters alone. */
static void leave_out(struct plan *plan, const struct postfix_service *service)
{
	const char *own = plan_option_value(plan, service, "smtpd_milters");

	if (own) {
		plan_option(plan, service, "smtpd_milters",
			services_without_ours(plan, own));
		return;
	}
	plan_define(plan, SERVICES_OTHERS,
		services_without_ours(plan,
			postfix_value(plan->expanded, NULL, "smtpd_milters")));
	plan_option(plan, service, "smtpd_milters", "$" SERVICES_OTHERS);
}

/* True if a service has the milter, or will have that of main.cf, to which such
 * a program may hand the mail. */
static bool has_behind(const struct plan *plan)
{
	struct diagnosis diagnosis = diagnosis_of(plan);
	const struct postfix_service *service;

	for (size_t i = 0; (service = postfix_service(plan->expanded, i)); i++)
		if (diagnosis_is_loopback(&diagnosis, service) &&
			!diagnosis_is_local(&diagnosis, service) &&
			!is_proxied(plan, service) &&
			!chain_takes_back(
				&diagnosis, service, plan->filtered) &&
			!postfix_list_has(postfix_value(plan->expanded, service,
						  "receive_override_options"),
				"no_milters") &&
			(services_count_ours(plan, service) ||
				!plan_option_value(
					plan, service, "smtpd_milters")))
			return true;
	return false;
}

/* Before such a filter, the milter is in vain: it belongs to the service to
 * which the filter hands the mail. */
static void plan_proxied(struct plan *plan)
{
	const struct postfix_service *service;

	plan->why = "Milters of a service with smtpd_proxy_filter never see "
		    "the end of a message. The service that the filter hands "
		    "mail to has readdress.";
	for (size_t i = 0; (service = postfix_service(plan->expanded, i)); i++)
		if (is_proxied(plan, service) && has_behind(plan) &&
			(services_count_ours(plan, service) ||
				!plan_option_value(
					plan, service, "smtpd_milters")))
			leave_out(plan, service);
}

/* A service that takes mail back from a content filter must not have our milter
 * from main.cf: the mail was rewritten when it came. */
static void plan_returns(struct plan *plan)
{
	struct diagnosis diagnosis = diagnosis_of(plan);
	const struct postfix_service *service;

	plan->why = "What a content filter hands back was rewritten when it "
		    "came: this service keeps its other milters, and has not "
		    "readdress.";
	for (size_t i = 0; (service = postfix_service(plan->expanded, i));
		i++) {
		if (strcmp(service->command, "smtpd") != 0 ||
			!chain_takes_back(
				&diagnosis, service, plan->filtered) ||
			plan_option_value(plan, service, "smtpd_milters") ||
			postfix_list_has(postfix_value(plan->expanded, service,
						 "receive_override_options"),
				"no_milters"))
			continue;
		leave_out(plan, service);
	}
}

/* Has main.cf's list of milters, or that of the service, refer to ours. */
static void attach(struct plan *plan, const struct postfix_service *service)
{
	const char *had =
		service ? plan_option_value(plan, service, "smtpd_milters")
			: plan_value(plan, "smtpd_milters");

	if (reference_is_in(had, SERVICES_MILTER))
		return;
	if (service)
		plan_option_word(plan, service, "smtpd_milters", place_in(had),
			SERVICES_MILTER);
	else
		plan_add(plan, PLAN_SET, "smtpd_milters",
			plan_keep(plan,
				reference_add(plan->arena, had, place_in(had),
					SERVICES_MILTER,
					plan_is_set(plan, "smtpd_milters"),
					"")));
}

/* True if the list has our milter in a way that does harm, more than once, or
 * in a wrong place. */
static bool is_wrong(
	const struct plan *plan, const struct postfix_service *service)
{
	const struct diagnosis diagnosis = diagnosis_of(plan);

	return has_fault(plan, service) ||
	       ourmilter_is_misplaced(&diagnosis, service) ||
	       services_count_ours(plan, service) > 1;
}

/* True if main.cf's list is wrong, by itself or for a service that has it. */
static bool is_wrong_in_main(const struct plan *plan)
{
	const struct postfix_service *service;
	bool wrong = is_wrong(plan, NULL);

	for (size_t i = 0;
		!wrong && (service = postfix_service(plan->expanded, i)); i++)
		wrong = !strcmp(service->command, "smtpd") &&
			!plan_option_value(plan, service, "smtpd_milters") &&
			has_fault(plan, service);
	return wrong;
}

bool services_names_ours(struct plan *plan, const char *list)
{
	struct bytes rest = bytes_of(list);
	struct bytes left = bytes_of(services_without_ours(plan, list));
	struct milterlist_item item;
	size_t all = 0;

	while (milterlist_next(&rest, &item))
		all++;
	while (milterlist_next(&left, &item))
		all--;
	return all > 0;
}

/* Writes a wrong list of a service again. */
static void replace_option(
	struct plan *plan, const struct postfix_service *service)
{
	const char *had = plan_option_value(plan, service, "smtpd_milters");
	const char *others = services_without_ours(plan, had);
	size_t len = strlen(others);
	size_t at = place_in(others);

	if (at > len)
		at = len;
	plan_option(plan, service, "smtpd_milters",
		plan_text(plan, "%.*s%s$" SERVICES_MILTER "%s%s", (int)at,
			others, at && at == len ? "," : "", at < len ? "," : "",
			others + at));
}

/* Writes a wrong list of main.cf again. */
static void replace(struct plan *plan)
{
	const char *had = plan_value(plan, "smtpd_milters");
	const char *others = services_without_ours(plan, had);

	plan_add(plan, PLAN_SET, "smtpd_milters",
		plan_keep(plan,
			reference_add(plan->arena, others, place_in(others),
				SERVICES_MILTER, *others, "")));
}

void services_plan_milter(struct plan *plan)
{
	struct diagnosis diagnosis = diagnosis_of(plan);
	const struct postfix_service *service;
	bool others = false;
	bool attached = services_count_ours(plan, NULL) > 0;

	plan_returns(plan);
	plan_proxied(plan);
	plan->why = "Mail that comes by SMTP passes readdress, behind milters "
		    "that verify and before those that sign. While it is down, "
		    "clients are told to try again later.";
	if (attached && is_wrong_in_main(plan) &&
		services_names_ours(plan, plan_value(plan, "smtpd_milters"))) {
		services_define_milter(plan);
		replace(plan);
	} else if (!attached) {
		services_define_milter(plan);
		attach(plan, NULL);
	} else if (plan_is_set(plan, SERVICES_MILTER)) {
		services_define_milter(plan);
	}
	for (size_t i = 0; (service = postfix_service(plan->expanded, i));
		i++) {
		const char *own =
			plan_option_value(plan, service, "smtpd_milters");
		bool has = services_count_ours(plan, service) > 0;

		if (!own || strcmp(service->command, "smtpd") != 0 ||
			is_proxied(plan, service) ||
			(has ? !is_wrong(plan, service) ||
						!services_names_ours(plan, own)
			     : !diagnosis_is_public(&diagnosis, service)))
			continue;
		if (!others) {
			plan->why = "This service has milters of its own.";
			services_define_milter(plan);
		}
		others = true;
		if (has)
			replace_option(plan, service);
		else
			attach(plan, service);
	}
}

/* True if the plan has a service at the port of loopback, or of all addresses.
 */
static bool plans_port(const struct plan *plan, unsigned port)
{
	char loopback[40];
	char all[40];

	(void)snprintf(loopback, sizeof loopback, "[127.0.0.1]:%u/inet", port);
	(void)snprintf(all, sizeof all, "%u/inet", port);
	for (size_t i = 0; i < plan->count; i++)
		if (plan->changes[i].kind == PLAN_SERVICE &&
			(!strcmp(plan->changes[i].name, loopback) ||
				!strcmp(plan->changes[i].name, all)))
			return true;
	return false;
}

static bool has_port(const struct plan *plan, unsigned port)
{
	const struct postfix_service *service;
	char text[16];

	if (plans_port(plan, port))
		return true;
	(void)snprintf(text, sizeof text, "%u", port);
	for (size_t i = 0; (service = postfix_service(plan->written, i)); i++) {
		const char *colon = strrchr(service->name, ':');

		if (!strcmp(service->type, "inet") &&
			!strcmp(colon ? colon + 1 : service->name, text))
			return true;
	}
	return false;
}

unsigned services_free_port(struct plan *plan, unsigned first)
{
	for (unsigned port = first; port < first + PORTS; port++)
		if (!has_port(plan, port) &&
			(!plan->is_free || plan->is_free(plan->context, port)))
			return port;
	return first;
}

const char *services_chroot(
	const struct plan *plan, const char *command, const char *type)
{
	const struct postfix_service *service;

	for (size_t i = 0; (service = postfix_service(plan->written, i)); i++)
		if (!strcmp(service->command, command) &&
			!strcmp(service->type, type))
			return service->chroot ? "y" : "n";
	return "n";
}

/* True if an smtpd that has the milter lets clients be outbound. */
static bool somebody_is_outbound(const struct plan *plan)
{
	const struct config *config = plan->config;
	const struct postfix_service *service;

	if (config->outbound_networks_count)
		return true;
	for (size_t i = 0; (service = postfix_service(plan->expanded, i));
		i++) {
		const char *name = postfix_value(
			plan->expanded, service, "milter_macro_daemon_name");

		if (strcmp(service->command, "smtpd") != 0)
			continue;
		if (config_list_has(&config->outbound_daemons, bytes_of(name)))
			return true;
		if (config->outbound_authenticated &&
			postfix_is_yes(postfix_value(plan->expanded, service,
				"smtpd_sasl_auth_enable")))
			return true;
	}
	return false;
}

void services_plan_outbound(struct plan *plan)
{
	const struct config *config = plan->config;
	unsigned port;

	if (!plan_has_rules(plan, RULE_OUTBOUND) ||
		!config->outbound_daemons.count || somebody_is_outbound(plan))
		return;
	port = services_free_port(plan, OUTBOUND_PORT);
	plan->why = plan_text(plan,
		"There are outbound rules, and nobody is outbound. Your own "
		"mail systems send through this service, by port %u; its "
		"daemon name makes their mail outbound. It accepts nobody "
		"until you name their addresses: postconf -e '" SERVICES_CLIENTS
		" = 192.0.2.128/25'. A system that can only send to port 25 "
		"(Exchange Online) needs an address of this host instead: "
		"give the service the name 192.0.2.26:smtp in master.cf.",
		port);
	if (!plan_is_set(plan, SERVICES_CLIENTS))
		plan_add(plan, PLAN_SET, SERVICES_CLIENTS, "");
	plan_add(plan, PLAN_SERVICE, plan_text(plan, "%u/inet", port),
		plan_text(plan,
			"%u inet n - %s - - smtpd"
			" -o syslog_name=postfix/outbound"
			" -o milter_macro_daemon_name=%s"
			" -o mynetworks=$" SERVICES_CLIENTS
			" -o smtpd_client_restrictions=permit_mynetworks,reject"
			" -o smtpd_relay_restrictions=permit_mynetworks,reject",
			port, services_chroot(plan, "smtpd", "inet"),
			config->outbound_daemons.items[0]));
}

bool services_is_probe(
	const struct postfix *postfix, const struct postfix_service *service)
{
	return !strcmp(postfix_value(postfix, service, "syslog_name"),
		       SERVICES_PROBE_LOG) &&
	       !strcmp(service->command, "smtpd");
}

/* True if Postfix verifies addresses for purposes of its own. */
static bool verifies(const struct plan *plan)
{
	const char *value;

	for (size_t i = 0; (value = postfix_setting(plan->expanded, i, NULL));
		i++) {
		const struct postfix_service *service =
			postfix_setting_service(plan->expanded, i);

		if ((postfix_list_has(value, "reject_unverified_recipient") ||
			    postfix_list_has(
				    value, "reject_unverified_sender")) &&
			!(service &&
				services_is_probe(plan->expanded, service)))
			return true;
	}
	return false;
}

/* All programs that deliver mail tell one service what became of a probe, the
 * one that main.cf names. */
static void plan_verify(struct plan *plan)
{
	bool found = false;
	const struct postfix_service *service;

	plan_scalar(plan, "address_verify_service_name", "readdress_verify",
		SERVICES_VERIFY);
	for (size_t i = 0; (service = postfix_service(plan->written, i)); i++)
		found |= !strcmp(service->name, SERVICES_VERIFY);
	if (found)
		return;
	plan_add(plan, PLAN_SERVICE, SERVICES_VERIFY "/unix",
		plan_text(plan,
			SERVICES_VERIFY
			" unix - - %s - 1 verify"
			" -o syslog_name=" SERVICES_PROBE_LOG
			" -o address_verify_map="
			" -o address_verify_positive_expire_time=60s"
			" -o address_verify_positive_refresh_time=60s"
			" -o address_verify_negative_expire_time=60s"
			" -o address_verify_negative_refresh_time=60s",
			services_chroot(plan, "verify", "unix")));
}

void services_plan_probe(struct plan *plan)
{
	const struct postfix_service *service;
	bool own = !verifies(plan);
	unsigned port;

	plan->why = own ? "`readdress probe` asks this service whether targets "
			  "exist. It takes no mail, and remembers no answer "
			  "for long."
			: "`readdress probe` asks this service whether targets "
			  "exist. It takes no mail. Your Postfix verifies "
			  "addresses itself, and so the probe gets the answers "
			  "that it remembers, by default three hours at least "
			  "for an address that was refused "
			  "(address_verify_negative_refresh_time).";
	if (own)
		plan_verify(plan);
	for (size_t i = 0; (service = postfix_service(plan->expanded, i)); i++)
		if (services_is_probe(plan->expanded, service))
			return;
	port = services_free_port(plan, PROBE_PORT);
	plan_add(plan, PLAN_SERVICE,
		plan_text(plan, "[127.0.0.1]:%u/inet", port),
		plan_text(plan,
			"[127.0.0.1]:%u inet n - %s - - smtpd"
			" -o syslog_name=" SERVICES_PROBE_LOG
			" -o address_verify_poll_count=1"
			" -o unverified_recipient_reject_code=550"
			" -o unverified_recipient_reject_reason="
			" -o smtpd_milters="
			" -o smtpd_milter_maps="
			" -o mynetworks=127.0.0.0/8"
			" -o smtpd_relay_restrictions=permit_mynetworks,reject"
			" -o smtpd_client_restrictions="
			" -o smtpd_helo_restrictions="
			" -o smtpd_sender_restrictions="
			" -o smtpd_recipient_restrictions="
			"reject_unverified_recipient"
			" -o smtpd_reject_unlisted_recipient=no"
			" -o smtpd_reject_footer="
			" -o smtpd_error_sleep_time=0"
			" -o smtpd_soft_error_limit=1000"
			" -o smtpd_hard_error_limit=100000"
			" -o smtpd_data_restrictions=reject"
			" -o smtpd_end_of_data_restrictions="
			" -o smtpd_tls_security_level=none"
			" -o smtpd_proxy_filter="
			" -o smtpd_upstream_proxy_protocol="
			" -o smtpd_helo_required=no"
			" -o smtpd_client_connection_count_limit=0"
			" -o smtpd_client_event_limit_exceptions=127.0.0.0/8"
			" -o smtpd_recipient_limit=1000",
			port, services_chroot(plan, "smtpd", "inet")));
}

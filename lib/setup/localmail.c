#include "setup/localmail.h"

#include <stdlib.h>

#include "config/config.h"
#include "diagnosis/ourmilter.h"
#include "setup/services.h"

#define PORT 10099

static const char client_options[] =
	" -o syslog_name=postfix/readdress-local"
	" -o smtp_fallback_relay="
	" -o smtp_bind_address=127.0.0.1"
	" -o smtp_tls_security_level=none"
	" -o smtp_tls_policy_maps="
	" -o smtp_tls_wrappermode=no"
	" -o smtp_generic_maps="
	" -o smtp_header_checks="
	" -o smtp_mime_header_checks="
	" -o smtp_nested_header_checks="
	" -o smtp_body_checks="
	" -o smtp_sasl_auth_enable=no"
	" -o smtp_discard_ehlo_keywords="
	" -o smtp_discard_ehlo_keyword_address_maps=";

static const char server_options[] =
	" -o syslog_name=postfix/readdress-local"
	" -o milter_macro_daemon_name=" CONFIG_LOCAL
	" -o smtpd_milters=$" LOCALMAIL_MILTERS " -o smtpd_milter_maps="
	" -o receive_override_options=no_unknown_recipient_checks,"
	"no_header_body_checks,no_address_mappings"
	" -o local_header_rewrite_clients="
	" -o mynetworks=127.0.0.0/8"
	" -o smtpd_relay_restrictions=permit_mynetworks,reject"
	" -o smtpd_client_restrictions="
	" -o smtpd_helo_restrictions="
	" -o smtpd_sender_restrictions="
	" -o smtpd_recipient_restrictions="
	" -o smtpd_data_restrictions="
	" -o smtpd_end_of_data_restrictions="
	" -o smtpd_reject_unlisted_sender=no"
	" -o smtpd_tls_security_level=none"
	" -o smtpd_discard_ehlo_keywords="
	" -o smtpd_discard_ehlo_keyword_address_maps="
	" -o smtpd_proxy_filter="
	" -o smtpd_upstream_proxy_protocol="
	" -o smtpd_helo_required=no"
	" -o strict_rfc821_envelopes=no"
	" -o smtpd_client_connection_count_limit=0"
	" -o smtpd_client_event_limit_exceptions=127.0.0.0/8"
	" -o smtpd_recipient_limit=1000";

static const char bounce_options[] =
	" -o syslog_name=postfix/readdress-bounce"
	" -o milter_macro_daemon_name=" CONFIG_LOCAL
	" -o non_smtpd_milters=$" SERVICES_MILTER " -o header_checks="
	" -o mime_header_checks="
	" -o nested_header_checks="
	" -o body_checks=";

/* Returns the smtpd on loopback with the daemon name LOCAL that has the milter,
 * or will have that of main.cf; NULL if there is none. */
static const struct postfix_service *find_server(const struct plan *plan)
{
	const struct diagnosis diagnosis = { .postfix = plan->expanded };
	const struct postfix_service *service;

	for (size_t i = 0; (service = postfix_service(plan->expanded, i)); i++)
		if (diagnosis_is_loopback(&diagnosis, service) &&
			!strcmp(postfix_value(plan->expanded, service,
					"milter_macro_daemon_name"),
				CONFIG_LOCAL) &&
			(services_count_ours(plan, service) ||
				!plan_option_value(
					plan, service, "smtpd_milters")))
			return service;
	return NULL;
}

static bool has_service(
	const struct plan *plan, const char *name, const char *type)
{
	const struct postfix_service *service;

	for (size_t i = 0; (service = postfix_service(plan->written, i)); i++)
		if (!strcmp(service->name, name) &&
			!strcmp(service->type, type))
			return true;
	return false;
}

/* The milters in non_smtpd_milters, which sign what programs send, stand behind
 * ours. A copy, for non_smtpd_milters often refers to smtpd_milters, which the
 * service itself sets. */
static void define_milters(struct plan *plan)
{
	const char *others = services_without_ours(
		plan, postfix_value(plan->expanded, NULL, "non_smtpd_milters"));

	services_define_milter(plan);
	plan_define(plan, LOCALMAIL_MILTERS,
		plan_text(plan, "$" SERVICES_MILTER "%s%s", *others ? ", " : "",
			others));
}

static void add_client(struct plan *plan)
{
	if (!has_service(plan, LOCALMAIL_CLIENT, "unix"))
		plan_add(plan, PLAN_SERVICE, LOCALMAIL_CLIENT "/unix",
			plan_text(plan, "%s unix - - %s - - smtp%s",
				LOCALMAIL_CLIENT,
				services_chroot(plan, "smtp", "unix"),
				client_options));
}

static const char *add_server(struct plan *plan)
{
	const char *name = plan_text(
		plan, "[127.0.0.1]:%u", services_free_port(plan, PORT));

	plan_add(plan, PLAN_SERVICE, plan_text(plan, "%s/inet", name),
		plan_text(plan, "%s inet n - %s - - smtpd%s", name,
			services_chroot(plan, "smtpd", "inet"),
			server_options));
	return name;
}

static void plan_pickup(struct plan *plan, const struct postfix_service *pickup,
	const char *server)
{
	const char *had = plan_option_value(plan, pickup, "content_filter");
	const char *options =
		plan_option_value(plan, pickup, "receive_override_options");
	const char *all = postfix_value(
		plan->expanded, pickup, "receive_override_options");
	const char *filter = plan_text(plan, "%s:%s", LOCALMAIL_CLIENT, server);

	if (had && !strcmp(had, filter)) {
		/* Only the client that it names was missing. */
	} else if (had) {
		plan_define(plan, LOCALMAIL_FILTER, filter);
		plan_option(plan, pickup, "content_filter",
			plan_keep(plan, reference_replace(plan->arena, had,
						LOCALMAIL_FILTER, true)));
	} else {
		plan_option(plan, pickup, "content_filter", filter);
	}
	if (postfix_list_has(all, "no_milters"))
		return;
	plan_define(plan, LOCALMAIL_NONE, "no_milters");
	if (options || !*all)
		plan_option_word(plan, pickup, "receive_override_options",
			SIZE_MAX, LOCALMAIL_NONE);
	else
		/* A copy of main.cf's, whose braces tell that it is one. */
		plan_option(plan, pickup, "receive_override_options",
			plan_text(plan, "%s,${" LOCALMAIL_NONE "}", all));
}

/* True if pickup hands its mail to the server. */
static bool is_led(const struct plan *plan,
	const struct postfix_service *pickup, const char *server)
{
	const char *filter =
		postfix_value(plan->expanded, pickup, "content_filter");
	size_t len = strlen(filter);
	size_t own = strlen(server);
	struct bytes rest = bytes_of(filter);

	return len > own && !strcmp(filter + len - own, server) &&
	       postfix_find_service(
		       plan->expanded, bytes_cut(&rest, ':'), bytes_of("unix"));
}

void localmail_plan(struct plan *plan)
{
	const struct postfix_service *service = find_server(plan);
	const char *server = service ? service->name : NULL;

	plan->why = "Mail of programs on this host (sendmail, cron) comes by "
		    "no SMTP client. Postfix sends it to itself, through a "
		    "service that has readdress.";
	if (plan_is_set(plan, LOCALMAIL_MILTERS))
		define_milters(plan);
	for (size_t i = 0; (service = postfix_service(plan->expanded, i));
		i++) {
		if (strcmp(service->command, "pickup") != 0 ||
			(server && is_led(plan, service, server)))
			continue;
		if (!server) {
			define_milters(plan);
			server = add_server(plan);
		}
		add_client(plan);
		plan_define(plan, LOCALMAIL_LIMIT, "1000");
		plan_pickup(plan, service, server);
	}
}

/* True if the service hands bounces to a cleanup that has the milter, or to one
 * that somebody has chosen. */
static bool is_chosen(
	const struct plan *plan, const struct postfix_service *service)
{
	const struct diagnosis diagnosis = { .postfix = plan->expanded,
		.config = plan->config };
	const char *name =
		postfix_value(plan->expanded, service, "cleanup_service_name");
	const struct postfix_service *cleanup = postfix_find_service(
		plan->expanded, bytes_of(name), bytes_of("unix"));

	if (cleanup && diagnosis_has_other(&diagnosis, cleanup, NULL))
		return true;
	return plan_option_value(plan, service, "cleanup_service_name") &&
	       (cleanup || strcmp(name, LOCALMAIL_BOUNCE) != 0);
}

/* Lists of cleanup services, for bounces, in which our milter does harm. */
static void plan_cleanups(struct plan *plan)
{
	static const char option[] = "non_smtpd_milters";
	const struct diagnosis diagnosis = { .postfix = plan->expanded,
		.config = plan->config };
	const struct postfix_service *service;

	plan->why = "Bounces pass the milter by this list, in which it does "
		    "harm: when it fails, mail passes un-rewritten or is lost, "
		    "or waits for ever.";
	for (size_t i = 0; (service = postfix_service(plan->expanded, i));
		i++) {
		const char *had = plan_option_value(plan, service, option);
		struct milterlist_item item;
		const char *others;

		if (!had || !diagnosis_has_other(&diagnosis, service, &item) ||
			!ourmilter_does_harm(&diagnosis, service, &item) ||
			!services_names_ours(plan, had))
			continue;
		services_define_milter(plan);
		others = services_without_ours(plan, had);
		plan_option(plan, service, option,
			plan_text(plan, "%s%s$" SERVICES_MILTER, others,
				*others ? "," : ""));
	}
}

void localmail_plan_bounces(struct plan *plan)
{
	const struct postfix_service *service;

	plan_cleanups(plan);

	plan->why = "A bounce goes to the sender that the message left with. "
		    "Without the milter it does not reach the mailbox of "
		    "today.";
	for (size_t i = 0; (service = postfix_service(plan->expanded, i));
		i++) {
		bool classes = postfix_list_has(
			postfix_value(plan->expanded, service,
				"internal_mail_filter_classes"),
			"bounce");
		const char *name;

		if (strcmp(service->command, "bounce") != 0 ||
			(classes && is_chosen(plan, service)))
			continue;
		if (!classes && !plan_is_set(plan, LOCALMAIL_CLASSES))
			plan_define(plan, LOCALMAIL_CLASSES, "bounce");
		if (!has_service(plan, LOCALMAIL_BOUNCE, "unix")) {
			services_define_milter(plan);
			plan_add(plan, PLAN_SERVICE, LOCALMAIL_BOUNCE "/unix",
				plan_text(plan, "%s unix n - %s - 0 cleanup%s",
					LOCALMAIL_BOUNCE,
					services_chroot(
						plan, "cleanup", "unix"),
					bounce_options));
		}
		name = plan_option_value(plan, service, "cleanup_service_name");
		if (!name)
			plan_option(plan, service, "cleanup_service_name",
				LOCALMAIL_BOUNCE);
		if (!classes)
			plan_option_word(plan, service,
				"internal_mail_filter_classes", SIZE_MAX,
				LOCALMAIL_CLASSES);
	}
}

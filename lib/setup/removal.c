#include "setup/removal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/network.h"
#include "postfix/regexptable.h"
#include "rules/route.h"
#include "setup/localmail.h"
#include "setup/services.h"
#include "setup/tables.h"

#define TAKEN_OUT "4.3.2 readdress was taken out of this relay; try later"
#define HELD	  "retry:4.7.1 held by readdress"
#define DEFERRED  "retry:" TAKEN_OUT

/* Our parameters by which clients are told to try again: those who are outbound
 * by their address or login, and all clients of a service. */
#define OUTBOUND_CLIENTS "readdress_deferred_clients"
#define OUTBOUND_SERVICE "readdress_deferred_service"
#define RESTRICTIONS	 "smtpd_sender_restrictions"

static void leave_note(struct plan *plan, const char *where)
{
	const char *why = plan->why;

	plan->why = plan_text(plan,
		"%s refers to readdress in a way that readdress did not write: "
		"take it out by hand.",
		where);
	plan_add(plan, PLAN_NOTE, where, "");
	plan->why = why;
}

void removal_parameter(struct plan *plan, const char *parameter)
{
	const char *rest;
	int result = reference_strip(plan->arena,
		postfix_value(plan->written, NULL, parameter),
		postfix_value(plan->defaults, NULL, parameter), &rest);

	if (result == ERR_NOMEM)
		plan->failed = true;
	else if (result < 0)
		leave_note(plan, parameter);
	else if (result)
		plan_add(plan, PLAN_SET, parameter, rest);
	else
		plan_add(plan, PLAN_UNSET, parameter, "");
}

static bool is_ours(const char *name)
{
	return !strncmp(name, REFERENCE_PREFIX, strlen(REFERENCE_PREFIX)) ||
	       !strcmp(name, LOCALMAIL_LIMIT);
}

static bool refers(const char *value)
{
	struct bytes name;

	return reference_next(&value, &name);
}

/* The parameters that defer mail. */
static const char *const deferring[] = { TABLES_TRANSPORT, TABLES_DOMAINS,
	TABLES_MAILBOXES, OUTBOUND_CLIENTS, OUTBOUND_SERVICE };

/* True if the parameter number i of deferring is needed for this mail. */
static bool is_needed(const struct removal_mail *mail, size_t i)
{
	switch (i) {
	case 0:
		return mail->count || mail->local_count;
	case 1:
		return mail->count;
	case 2:
		return mail->local_count;
	default:
		return mail->outbound;
	}
}

static bool stays(const struct removal_mail *mail, const char *name)
{
	for (size_t i = 0; i < sizeof deferring / sizeof *deferring; i++)
		if (is_needed(mail, i) && !strcmp(name, deferring[i]))
			return true;
	return false;
}

/* True if the value refers to what stays while mail is deferred. */
static bool defers(const struct removal_mail *mail, const char *value)
{
	for (size_t i = 0; i < sizeof deferring / sizeof *deferring; i++)
		if (is_needed(mail, i) && reference_is_in(value, deferring[i]))
			return true;
	return false;
}

/* A service that is ours altogether. */
static bool is_own(
	const struct plan *plan, const struct postfix_service *service)
{
	const char *networks = plan_option_value(plan, service, "mynetworks");
	const char *milters = plan_option_value(plan, service, "smtpd_milters");
	const char *log = plan_option_value(plan, service, "syslog_name");

	return !strcmp(service->name, LOCALMAIL_CLIENT) ||
	       !strcmp(service->name, LOCALMAIL_BOUNCE) ||
	       !strcmp(service->name, SERVICES_VERIFY) ||
	       (log && !strcmp(log, SERVICES_PROBE_LOG)) ||
	       (networks && reference_is_in(networks, SERVICES_CLIENTS)) ||
	       (milters && reference_is_in(milters, LOCALMAIL_MILTERS));
}

/* True if the whole value of an option, which had none before, is ours. */
static bool is_whole(const char *option, const char *value)
{
	return (!strcmp(option, "content_filter") &&
		       !strncmp(value, LOCALMAIL_CLIENT ":",
			       strlen(LOCALMAIL_CLIENT ":"))) ||
	       (!strcmp(option, "cleanup_service_name") &&
		       !strcmp(value, LOCALMAIL_BOUNCE));
}

/* True if what is left of the option is a copy of main.cf's. */
static bool is_copied(const char *value)
{
	return strstr(value, ",${" LOCALMAIL_NONE "}");
}

static void restore_option(struct plan *plan, const struct removal_mail *mail,
	const struct postfix_service *service, const char *option)
{
	const char *value = plan_option_value(plan, service, option);
	const char *name = plan_text(
		plan, "%s/%s/%s", service->name, service->type, option);
	const char *rest = "";
	int result;

	if (!value)
		return;
	if (is_whole(option, value) || is_copied(value)) {
		plan_add(plan, PLAN_OPTION_UNSET, name, "");
		return;
	}
	if (!refers(value) || defers(mail, value))
		return;
	result = reference_strip(plan->arena, value, "", &rest);
	if (result == ERR_NOMEM)
		plan->failed = true;
	else if (result < 0)
		leave_note(plan, name);
	/* A list of milters was there, even if it was empty: a service without
	 * one has that of main.cf. */
	else if (!result && (strcmp(option, "smtpd_milters") != 0 ||
				    reference_is_in(value, SERVICES_OTHERS)))
		plan_add(plan, PLAN_OPTION_UNSET, name, "");
	else
		plan_option(plan, service, option, rest);
}

static void remove_services(struct plan *plan, const struct removal_mail *mail)
{
	static const char *const options[] = { "smtpd_milters",
		"non_smtpd_milters", RESTRICTIONS, "content_filter",
		"receive_override_options", "cleanup_service_name",
		"internal_mail_filter_classes", "smtpd_forbid_bare_newline",
		"header_size_limit", "enable_original_recipient",
		"milter_protocol", "milter_content_timeout" };
	const struct postfix_service *service;

	for (size_t i = 0; (service = postfix_service(plan->written, i)); i++)
		for (size_t k = 0; k < sizeof options / sizeof *options; k++)
			if (!is_own(plan, service))
				restore_option(plan, mail, service, options[k]);
	for (size_t i = 0; (service = postfix_service(plan->written, i)); i++)
		if (is_own(plan, service))
			plan_add(plan, PLAN_SERVICE_UNSET,
				plan_service_name(plan, service), "");
}

/* Ends a text that was written to the file; it belongs to the plan. */
static const char *end_text(struct plan *plan, FILE *file, char **text)
{
	bool failed = !file || ferror(file);
	const char *copy = NULL;

	if (file && fclose(file))
		failed = true;
	if (!failed)
		copy = arena_copy(plan->arena, *text, strlen(*text));
	free(*text);
	return plan_keep(plan, copy);
}

static void put_lines(struct plan *plan, FILE *file, const char *front,
	const struct bytes *domains, size_t count, struct bytes result)
{
	if (regexptable_put(file, front, domains, count, result))
		plan->failed = true;
}

/* Returns a table of these domains, for a list of domains. */
static const char *list_of(
	struct plan *plan, const struct bytes *domains, size_t count)
{
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	if (file) {
		(void)fputs("regexp:{", file);
		put_lines(plan, file, "^", domains, count, bytes_of("OK"));
		(void)fputc('}', file);
	}
	return end_text(plan, file, &text);
}

/* Writes the line for the next hop of a row of routes, if it has one that can
 * be written. */
static void put_hop(struct plan *plan, FILE *file, const struct rule *rule)
{
	struct bytes name = rule->key;
	struct route route;

	route_read(rule_value_targets(rule->value), &route);
	if (route.role == ROUTE_HOLD)
		route.nexthop = bytes_of(HELD);
	if (!bytes_take(&name, "@") || !route.nexthop.len ||
		memchr(route.nexthop.data, '{', route.nexthop.len) ||
		memchr(route.nexthop.data, '}', route.nexthop.len) ||
		memchr(route.nexthop.data, '$', route.nexthop.len))
		return;
	(void)fputs(", ", file);
	put_lines(plan, file, "@", &name, 1, route.nexthop);
}

/* Writes lines for the next hops in the table routes, each with ", " in front:
 * what was rewritten before still has to find its way. Those for sub-domains
 * come last, the longest of them first. */
static void put_hops(struct plan *plan, FILE *file)
{
	bool lengths[ADDRESS_KEY_MAX + 1] = { [ADDRESS_KEY_MAX] = true };

	/* The first walk finds the lengths of the others. */
	for (size_t len = ADDRESS_KEY_MAX; len; len--) {
		struct map_walk walk = { .map = plan->map,
			.table = RULE_ROUTES };
		bool first = len == ADDRESS_KEY_MAX;

		while (lengths[len] && map_walk_next(&walk) == 1) {
			struct bytes key = walk.rule.key;
			bool below = key.len > 1 && key.data[1] == '*';

			if (first && below && key.len < ADDRESS_KEY_MAX)
				lengths[key.len] = true;
			if (first ? !below : below && key.len == len)
				put_hop(plan, file, &walk.rule);
		}
		map_walk_close(&walk);
	}
}

static const char *transports_of(
	struct plan *plan, const struct removal_mail *mail)
{
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	if (file) {
		(void)fputs("regexp:{", file);
		put_lines(plan, file, "@", mail->domains, mail->count,
			bytes_of(DEFERRED));
		if (mail->count && mail->local_count)
			(void)fputs(", ", file);
		put_lines(plan, file, "@", mail->local, mail->local_count,
			bytes_of(DEFERRED));
		put_hops(plan, file);
		(void)fputc('}', file);
	}
	return end_text(plan, file, &text);
}

/* By the transport retry, recipients of these domains are told to try again
 * before relay_recipient_maps or a table of mailboxes is asked for them. Ours
 * goes from there: with it, users of the other relay domains were unknown. */
static void defer_domains(struct plan *plan, const struct removal_mail *mail)
{
	plan->why = "Mail for these domains still comes here: clients are told "
		    "to try again later (450), until `readdress postfix "
		    "--remove` takes this out, too.";
	plan_list(plan, "transport_maps", PLAN_FIRST, TABLES_TRANSPORT,
		transports_of(plan, mail));
	if (mail->count)
		plan_list(plan, "relay_domains", PLAN_LAST, TABLES_DOMAINS,
			list_of(plan, mail->domains, mail->count));
	if (mail->local_count && plan_is_set(plan, TABLES_MAILBOXES))
		plan_list(plan, "virtual_mailbox_domains", PLAN_LAST,
			TABLES_MAILBOXES,
			list_of(plan, mail->local, mail->local_count));
}

/* Returns the restriction for clients who are outbound by their address or
 * because they log in. */
static const char *restriction(struct plan *plan)
{
	const struct config *config = plan->config;
	const char *text = "";
	char network[NETWORK_TEXT_MAX];

	for (size_t i = 0; i < config->outbound_networks_count; i++) {
		network_text(&config->outbound_networks[i], network);
		text = plan_text(plan, "%s%s{%s 450 " TAKEN_OUT "}", text,
			i ? ", " : "", network);
	}
	if (*text)
		text = plan_text(plan, "check_client_access cidr:{%s}", text);
	if (config->outbound_authenticated)
		text = plan_text(plan,
			"%s%scheck_sasl_access regexp:{{/^/ 450 " TAKEN_OUT
			"}}",
			text, *text ? ", " : "");
	return text;
}

/* Puts a restriction before all others of the service. */
static void restrict_service(struct plan *plan,
	const struct postfix_service *service, const char *name)
{
	const char *had = plan_option_value(plan, service, RESTRICTIONS);

	if (had && *had)
		plan_option_word(plan, service, RESTRICTIONS, 0, name);
	else
		plan_option(plan, service, RESTRICTIONS,
			plan_keep(plan, reference_add(plan->arena, "", 0, name,
						had != NULL, "")));
}

/* Our own service for outbound mail goes: its clients find nobody, and wait. */
static void defer_outbound(struct plan *plan)
{
	const struct postfix_service *service;
	const char *text = restriction(plan);

	plan->why =
		"Mail of clients who are outbound would leave with internal "
		"addresses: they are told to try again later (450), until "
		"`readdress postfix --remove` takes this out, too.";
	if (*text)
		plan_list(
			plan, RESTRICTIONS, PLAN_FIRST, OUTBOUND_CLIENTS, text);
	for (size_t i = 0; (service = postfix_service(plan->expanded, i));
		i++) {
		bool all = config_list_has(&plan->config->outbound_daemons,
			bytes_of(postfix_value(plan->expanded, service,
				"milter_macro_daemon_name")));

		if (is_own(plan, service) ||
			!services_count_ours(plan, service))
			continue;
		if (all) {
			plan_define(plan, OUTBOUND_SERVICE,
				"check_client_access regexp:{{/^/ "
				"450 " TAKEN_OUT "}}");
			restrict_service(plan, service, OUTBOUND_SERVICE);
		} else if (*text &&
			   plan_option_value(plan, service, RESTRICTIONS)) {
			restrict_service(plan, service, OUTBOUND_CLIENTS);
		}
	}
}

void removal_plan(struct plan *plan, const struct removal_mail *mail)
{
	const char *name;
	const char *value;

	/* A program of Postfix reads main.cf when it starts, and master(8)
	 * knows the options of its services as they were: new and old ones work
	 * side by side until the reload. So mail is deferred by all of them
	 * before one can be without the milter, and definitions stay until
	 * nothing refers to them. */
	bool domains = mail->count || mail->local_count;

	if (domains)
		defer_domains(plan, mail);
	if (mail->outbound)
		defer_outbound(plan);
	if (domains || mail->outbound) {
		plan->why = "From here on this mail is deferred by all "
			    "programs of Postfix.";
		plan_reload(plan);
	}
	plan->why = "References to readdress go first, then what they refer "
		    "to.";
	for (size_t i = 0; (value = postfix_setting(plan->written, i, &name));
		i++)
		/* Those of services come from the same list. */
		if (postfix_overrides(plan->written, NULL, name) &&
			value == postfix_value(plan->written, NULL, name) &&
			!is_ours(name) && refers(value) && !defers(mail, value))
			removal_parameter(plan, name);
	remove_services(plan, mail);
	plan->why = "From here on nothing refers to readdress any more.";
	plan_reload(plan);
	plan->why = "These were for the references alone.";
	for (size_t i = 0; postfix_setting(plan->written, i, &name); i++)
		if (postfix_overrides(plan->written, NULL, name) &&
			is_ours(name) && !stays(mail, name))
			plan_add(plan, PLAN_UNSET, name, "");
}

void removal_undo(struct plan *plan)
{
	static const char *const ours[] = { OUTBOUND_CLIENTS,
		OUTBOUND_SERVICE };
	static const struct removal_mail none;
	const struct postfix_service *service;

	plan->why = "`readdress postfix --remove --force` had outbound mail "
		    "deferred. It passes readdress again.";
	if (plan_is_set(plan, RESTRICTIONS) &&
		refers(postfix_value(plan->written, NULL, RESTRICTIONS)))
		removal_parameter(plan, RESTRICTIONS);
	for (size_t i = 0; (service = postfix_service(plan->written, i)); i++)
		restore_option(plan, &none, service, RESTRICTIONS);
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (plan_is_set(plan, ours[i]))
			plan_add(plan, PLAN_UNSET, ours[i], "");
}
